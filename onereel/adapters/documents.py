"""Files a person wrote, read strictly: one piece of plain data, nothing said twice, nothing that grows when opened."""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from onereel.errors import BadInput

MAX_DEPTH: Final = 32
"""How deep lists and groups of fields may be nested."""

DOCUMENTS: Final = (".yaml", ".yml", ".json")
"""Suffixes of the files `read_document` reads."""

_RESOLVED: Final = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?", "-+0123456789"),
)
"""Plain scalars that are not text: a part of what PyYAML's dumper quotes, so what it writes reads back as it was."""


K = TypeVar("K")


class _RefusedError(ValueError):
    """It is YAML or JSON, but not of the kind we read."""


class _Loader(yaml.CSafeLoader):
    """Plain YAML: what YAML 1.1 makes a number of (16:9 is 969), a flag (no) or a date (1958-01-02) stays text."""

    yaml_implicit_resolvers: dict[str, Any] = {
        first: [
            (f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{form})$"))
            for tag, form, starts in _RESOLVED
            if first in starts.replace("\0", "")
        ]
        for first in "~nNtTfF-+0123456789"
    } | {"": [("tag:yaml.org,2002:null", re.compile("^$"))]}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a group of fields."""
        _check_distinct([key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)], node)
        return _given(super().construct_mapping(node, deep=deep))


def read_document(path: Path, most: int) -> Any:
    """Return what a YAML or JSON file says. A field without a value counts as not given.

    YAML anchors and aliases are refused (nine lines of them can stand for gigabytes), so are fields given twice,
    non-finite numbers, tags that name Python objects, and nesting deeper than `MAX_DEPTH`.

    Args:
        path: Its suffix says which it is.
        most: Longest file in bytes.

    Raises:
        BadInput: It cannot be read, is too large, or is none; says where.
    """
    text = read_text(path, most)
    try:
        return _read_json(text) if path.suffix.lower() == ".json" else _read_yaml(text)
    except yaml.MarkedYAMLError as error:
        at = _line(error.problem_mark)
        raise BadInput(f"{path.name}: {at}not YAML we can read: {error.problem or error.context}") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name}: line {error.lineno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise BadInput(f"{path.name}: nested too deep; {MAX_DEPTH} levels are allowed") from error
    except (ValueError, yaml.YAMLError) as error:
        raise BadInput(f"{path.name}: {str(error)[:200]}") from error


def read_text(path: Path, most: int) -> str:
    """Return a file's text: UTF-8, with or without a byte order mark, or UTF-16 with one (Excel's "Unicode text").

    Raises:
        BadInput: It cannot be read, is too large, or is not such text.
    """
    data = read_bytes(path, most)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name}: byte {error.start} is not UTF-8 text; save the file as UTF-8") from error


def read_bytes(path: Path, most: int) -> bytes:
    """Return a file's bytes.

    Raises:
        BadInput: It cannot be read, or is longer than `most` bytes.
    """
    try:
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file; check the name")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if len(data) > most:
        raise BadInput(f"{path.name}: longer than {most / 1e6:g} MB; that cannot be meant")
    return data


def _read_yaml(text: str) -> Any:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _RefusedError(f"{_line(event.start_mark)}aliases (*) are not read; write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise RecursionError
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, stricter than PyYAML's


def _read_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_fields, parse_constant=_refuse_constant)


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _check_distinct([name for name, _ in pairs])
    return _given(dict(pairs))


def _refuse_constant(name: str) -> None:
    raise _RefusedError(f"{name} is not a number")


def _given(fields: dict[K, Any]) -> dict[K, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _check_distinct(names: list[str], node: yaml.Node | None = None) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            at = _line(node.start_mark) if node else ""
            raise _RefusedError(f"{at}{name[:60]!r} is given twice; keep one")
        seen.add(name)


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}: " if mark else ""
