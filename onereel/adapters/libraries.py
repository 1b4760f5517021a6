"""The library of a vault's pictures as Parquet: one row a picture, hashes as 64-bit numbers any tool can compare."""

import io
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from onereel.noun import Noun

log = logging.getLogger(__name__)

LISTS = ("references", "rejected")
"""Columns that hold several, a space between."""

TYPES = dict.fromkeys(("production", "kind", "name", "media", "record", "thumb", "words", "frame", *LISTS), "str") | {
    "seconds": "float64",
    "phash": "uint64",
    "flat": "bool",
}


def write_library(seen: Sequence[Noun]) -> bytes:
    """Return pictures as Parquet."""
    # Half a second to import, for one kind of question.
    import pandas as pd  # noqa: PLC0415

    rows = [_flat(one.model_dump(mode="json")) for one in seen]
    target = io.BytesIO()
    pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES).to_parquet(target, index=False)
    return target.getvalue()


def read_library(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the pictures of a Parquet file, as the fields of their noun."""
    import pandas as pd  # noqa: PLC0415

    try:
        kept = pd.read_parquet(io.BytesIO(data))
    except (ValueError, OSError) as broken:
        log.warning("the library cannot be read and is made anew: %s", broken)
        return
    if not TYPES.keys() <= set(kept.columns):  # written before it said as much: it is made anew
        return
    for cells in kept.to_dict("records"):
        row = {str(name): cell for name, cell in cells.items()}
        marks = {"phash": f"{row.pop('phash'):016x}", "thumb": row.pop("thumb"), "flat": row.pop("flat")}
        lists = {name: tuple(row.pop(name).split()) for name in LISTS}
        yield {**row, **lists, "fingerprint": marks}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    marks = row.pop("fingerprint")
    lists = {name: " ".join(row[name]) for name in LISTS}
    return {**row, **lists, **marks, "phash": int(marks["phash"], 16)}
