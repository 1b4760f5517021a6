"""Answers any response schema with a small valid instance; the words come from the prompt."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

_DEPTH: Final = 8
"""How deep a schema that contains itself is followed."""


def fill(schema: Mapping[str, Any], words: str) -> Any:
    """Return the smallest instance of a schema that a reader would still take for an answer.

    Args:
        schema: OpenAPI subset or JSON Schema; types in either case; ``$ref`` into ``$defs``.
        words: Where strings come from.
    """
    spoken = itertools.cycle(words.split() or ["rehearsal"])
    return _instance(schema, schema.get("$defs", {}), spoken, 0)


def _instance(schema: Mapping[str, Any], defs: Mapping[str, Any], spoken: Iterator[str], depth: int) -> Any:
    options = schema.get("anyOf") or schema.get("oneOf") or []
    if depth > _DEPTH:
        return None
    if "$ref" in schema or options:
        chosen = defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else options[0]
        return _instance(chosen, defs, spoken, depth + 1)
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    return _typed(schema, defs, spoken, depth)


def _typed(schema: Mapping[str, Any], defs: Mapping[str, Any], spoken: Iterator[str], depth: int) -> Any:
    kind = schema.get("type", "object")
    kind = str(kind[0] if isinstance(kind, list) else kind).lower()
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _instance(inner, defs, spoken, depth + 1) for name, inner in properties.items()}
    if kind == "array":
        count = max(1, int(schema.get("minItems", 1)))
        return [_instance(schema.get("items", {"type": "string"}), defs, spoken, depth + 1) for _ in range(count)]
    return _scalar(kind, schema, spoken)


def _scalar(kind: str, schema: Mapping[str, Any], spoken: Iterator[str]) -> Any:
    if kind == "string":
        shortest, longest = int(schema.get("minLength", 1)), int(schema.get("maxLength", 60))
        text = " ".join(itertools.islice(spoken, 3))
        while len(text) < shortest:
            text = f"{text} {next(spoken)}"
        return text[:longest]
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in schema))
    return int(lowest) if kind == "integer" else float(lowest)
