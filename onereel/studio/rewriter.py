"""The rehearsal's rewriter: takes a producer's note into the action of the shots sent back, and repeats the rest."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

LONGEST: Final = 800


def find_note(words: str) -> dict[str, Any] | None:
    """Return the first JSON object in a prompt that has a note and shots; None when there is none."""
    decoder = json.JSONDecoder()
    for opening in re.finditer(r"^\{", words, re.MULTILINE):
        try:
            found, _ = decoder.raw_decode(words, opening.start())
        except ValueError:
            continue
        if isinstance(found, dict) and found.get("note") and isinstance(found.get("shots"), list):
            return found
    return None


def rewrite(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shots with the note in their action, and in the picture they open on where they have one."""
    return {"shots": [_rewritten(shot, str(asked["note"])) for shot in asked["shots"]]}


def _rewritten(shot: Mapping[str, Any], note: str) -> dict[str, Any]:
    told = {name: value for name, value in shot.items() if name != "seconds"}
    told["action"] = _with(str(shot["action"]), note)
    if shot.get("opening"):
        told["opening"] = _with(str(shot["opening"]), note)
    return told


def _with(words: str, note: str) -> str:
    return f"{words.rstrip('. ')}. {note}"[:LONGEST]
