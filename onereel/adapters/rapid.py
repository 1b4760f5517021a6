"""Lettering read by RapidOCR, the extra `ocr`: its wheel brings its models, so it reads offline.

Without a file of its own for a model it would download one, so it is always given both.
"""

import importlib.util
import io
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from PIL import Image

SURE: Final = 0.8
"""Confidence from which a line counts; with it, 42 of 44 pictures with letters were read exactly."""

_LONGEST: Final = 960
"""Pixels of the longer side in which letters are looked for; they are read from `_SHOWN`. Larger took half as long
again and read the same.
"""
_SHOWN: Final = 1600

_LANGUAGES: Final = frozenset(
    ("cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "id", "it", "ja", "nb", "nl", "no", "pl", "pt", "sv", "tr",
     "zh")
)  # fmt: skip
"""Whose letters its model knows. Korean, Arabic, Devanagari, Cyrillic and Vietnamese need others, to be downloaded."""

_ONE_AT_A_TIME: Final = Lock()


def reader(language: str) -> str:
    """Return RapidOCR with its version where it is installed and reads a language, else nothing."""
    return _version() if language.partition("-")[0].lower() in _LANGUAGES else ""


def read_words(data: bytes) -> list[str]:
    """Return the lines a picture shows that can be read with confidence. Blocks for half a second."""
    with Image.open(io.BytesIO(data)) as image:
        shown = image.convert("RGB")
    shown.thumbnail((_SHOWN, _SHOWN))
    with _ONE_AT_A_TIME:
        found = engine()(np.asarray(shown)[:, :, ::-1])  # BGR
    return [text for text, sure in zip(found.txts or (), found.scores or (), strict=True) if sure >= SURE]


@cache
def _version() -> str:
    return f"RapidOCR {version('rapidocr')}" if all(_models().values()) else ""


def _models() -> dict[str, str]:
    """Return the paths of the models in the wheel, by their part; empty where it, or what runs them, is missing."""
    wheel = importlib.util.find_spec("rapidocr")
    if wheel is None or wheel.origin is None or importlib.util.find_spec("onnxruntime") is None:
        return {"Det": "", "Rec": ""}
    folder = Path(wheel.origin).parent / "models"
    return {part: str(next(folder.glob(f"*_{part.lower()}_*.onnx"), "")) for part in ("Det", "Rec")}


@cache
def engine() -> Any:
    """Return what reads, made once from the models in the wheel."""
    from rapidocr import RapidOCR  # noqa: PLC0415 - optional, and a second to import

    models = {f"{part}.model_path": path for part, path in _models().items()}
    one_thread = {f"EngineConfig.onnxruntime.{which}_op_num_threads": 1 for which in ("intra", "inter")}
    look = {"Det.limit_type": "max", "Det.limit_side_len": _LONGEST, "Global.use_cls": False}
    return RapidOCR(params={**models, **one_thread, **look, "Global.log_level": "error"})
