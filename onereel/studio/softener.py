"""The rehearsal's script editor: rewrites the words of a shot that a filter refused, always the same way."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_SOFTER: Final[Mapping[str, str]] = {
    "storm": "swell",
    "gun": "lantern",
    "knife": "spoon",
    "blood": "rain",
    "fight": "argument",
    "kill": "stop",
    "dead": "gone",
    "death": "parting",
    "fire": "glow",
    "wreck": "boat",
}
"""Words a filter may mean, and what stands in for them."""

_HARSH: Final = re.compile(rf"\b({'|'.join(_SOFTER)})(s?)\b", re.IGNORECASE)


def find_shot(words: str) -> dict[str, Any] | None:
    """Return the fields of a shot a prompt asks to rewrite; None when it asks for something else."""
    opening = words.find("{")
    if opening < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(words, opening)
    except ValueError:
        return None
    shot = found.get("rewrite") if isinstance(found, dict) else None
    return shot if isinstance(shot, dict) else None


def soften(shot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in softer words."""
    return {name: _softer(value) for name, value in shot.items()}


def _softer(value: Any) -> Any:
    if isinstance(value, list):
        return [_softer(one) for one in value]
    return _HARSH.sub(_word, value) if isinstance(value, str) else value


def _word(found: re.Match[str]) -> str:
    softer = _SOFTER[found[1].lower()] + found[2]
    return softer.capitalize() if found[1][0].isupper() else softer
