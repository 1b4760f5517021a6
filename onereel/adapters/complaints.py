"""What is wrong with a noun a person wrote, in that person's words."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_LONGEST = 60

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is required",
    "greater_than": "must be more than {gt:g} (is {value})",
    "greater_than_equal": "must be at least {ge:g} (is {value})",
    "less_than": "must be less than {lt:g} (is {value})",
    "less_than_equal": "must be at most {le:g} (is {value})",
    "string_too_short": "must not be empty",
    "string_too_long": "is {length} characters long; at most {max_length} are allowed",
    "string_type": "must be text (is {value}); put it in quotes",
    "string_unicode": "contains a character that does not exist",
    "too_short": "must not be empty",
    "too_long": "has {length} entries; at most {max_length} are allowed",
    "literal_error": "{value} is not one of {choices}",
    "value_error": "{error}",
    "float_parsing": "must be a number (is {value})",
    "float_type": "must be a number (is {value})",
    "finite_number": "must be a number (is {value})",
    "int_parsing": "must be a whole number (is {value})",
    "int_type": "must be a whole number (is {value})",
    "int_from_float": "must be a whole number (is {value})",
    "bool_parsing": "must be true or false (is {value})",
    "bool_type": "must be true or false (is {value})",
    "tuple_type": "must be a list (is {value})",
    "model_type": "must be a group of fields (is {value})",
    "dict_type": "must be a group of fields (is {value})",
    "invalid_key": "is not text, and every field name is",
}


class Complaint(NamedTuple):
    """One thing that is wrong.

    Attributes:
        place: The path to it: names of fields, and positions in lists from 0.
        words: What is wrong, and what would be right.
    """

    place: tuple[int | str, ...]
    words: str

    def __str__(self) -> str:
        return f"{self.field}: {self.words}" if self.place else self.words

    @property
    def field(self) -> str:
        """The path in words: `characters 2, name`; lists count from 1."""
        told = ""
        for part in self.place:
            told += f" {part + 1}" if isinstance(part, int) else f", {part[:_LONGEST]}"
        return told.removeprefix(", ").strip()


def complaints(error: ValidationError, noun: type[BaseModel]) -> list[Complaint]:
    """Return what pydantic found wrong with a noun, one complaint a field."""
    return [Complaint(found["loc"], _words(found, noun)) for found in error.errors(include_url=False)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'seconds'?` if a known word is close, else `; known are ...`."""
    words = sorted(known)
    close = difflib.get_close_matches(word.casefold(), words, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(words)}"


def shortened(value: Any) -> str:
    """Return a value as it may stand in a message: quoted if text, and never long."""
    told = repr(value)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def _words(found: ErrorDetails, noun: type[BaseModel]) -> str:
    owner = _owner(noun, found["loc"])
    name = str(found["loc"][-1]) if found["loc"] else ""
    if found["type"] == "extra_forbidden" and owner:
        return f"there is no such field{did_you_mean(name, owner.model_fields)}"
    field = owner.model_fields.get(name) if owner else None
    if found["type"] == "string_pattern_mismatch":
        wanted = field.description if field and field.description else found["ctx"]["pattern"]
        return f"{shortened(found['input'])} does not fit: {wanted}"
    return _WORDS.get(found["type"], "{msg}").format_map(_facts(found))


def _facts(found: ErrorDetails) -> dict[str, Any]:
    context = found.get("ctx", {})
    value = found["input"]
    return {
        **context,
        "msg": found["msg"],
        "value": shortened(value),
        "length": len(value) if isinstance(value, str | list | tuple) else 0,
        "choices": str(context.get("expected", "")).replace(" or ", ", ").replace("'", ""),
    }


def _owner(noun: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the noun whose field the last name of a path is; None where the path leaves our nouns."""
    names = [part for part in place if isinstance(part, str)]
    owner: type[BaseModel] | None = noun
    for name in names[:-1]:
        field = owner.model_fields.get(name) if owner else None
        owner = _noun_in(field.annotation) if field else None
    return owner


def _noun_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_noun_in, get_args(annotation))), None)
