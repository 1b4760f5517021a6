"""Shot list files: a storyboard as a table people edit (CSV, XLSX) or as plain data (JSON, YAML).

A table has one row a shot; its columns are the fields of a shot in any order, and `title`, the film's, said once.
Cells: camera `position; movement`, characters `Mara; Jon`, dialogue `SPEAKER: words`, one line each. An empty cell is
a field left out, blank rows are skipped, also above the headings. Lengths may be written 4.5 or 4,5 (a comma with
three digits behind it could be a thousand and is refused). Plain data is a list of such rows, or `title`
and `shots`; cells may also be lists.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from pydantic import ValidationError

from onereel.adapters.complaints import complaints, did_you_mean, shortened
from onereel.adapters.disk import disk_errors, draft, place
from onereel.adapters.documents import DOCUMENTS, read_document
from onereel.adapters.tables import MAX_BYTES, Cell, read_csv, read_xlsx, write_csv, write_xlsx
from onereel.errors import BadInput
from onereel.storyboard import MAX_SHOTS, Line, Shot, Storyboard, View

COLUMNS: Final = (*Shot.model_fields, "title")
"""Headings of a table, in the order they are written."""

SUFFIXES: Final = (".csv", ".xlsx", *DOCUMENTS)
"""Shot list files we know."""

_REQUIRED = tuple(name for name, field in Shot.model_fields.items() if field.is_required())
_MOST_TOLD = 20
_DECIMAL_COMMA = re.compile(r"(\d+),(\d{1,2})")


class _Row(NamedTuple):
    """One shot as a file tells it.

    Attributes:
        place: Where: `row 4`, or `shot 3`.
        cells: What is said of it, by field.
    """

    place: str
    cells: Mapping[str, Any]


class _Sheet(NamedTuple):
    """A shot list as a file tells it. `name` is the file's, `field` what it calls a field."""

    name: str
    field: str
    title: Any
    rows: Sequence[_Row]


def read_shots(path: Path) -> Storyboard:
    """Read a shot list; its suffix says what it is.

    Raises:
        BadInput: It is not a shot list; says every row and column that is wrong, a line each.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(f"{path.name}: a shot list is one of {', '.join(SUFFIXES)}; save it as one of them")
    if suffix in DOCUMENTS:
        return _storyboard(_from_document(path))
    return _storyboard(_from_table(path.name, read_csv(path, COLUMNS) if suffix == ".csv" else read_xlsx(path)))


def write_shots(storyboard: Storyboard, path: Path) -> None:
    """Write a shot list; reading it back gives an equal storyboard.

    Raises:
        BadInput: The suffix is none of `SUFFIXES`.
        VaultError: The disk refused.
    """
    writers: Mapping[str, Callable[[Storyboard, Path], None]] = {
        ".csv": lambda plan, to: write_csv(to, _table(plan)),
        ".xlsx": lambda plan, to: write_xlsx(to, _table(plan), "shots"),
        ".json": _write_json,
        ".yaml": _write_yaml,
        ".yml": _write_yaml,
    }
    if path.suffix.lower() not in writers:
        raise BadInput(f"{path.name}: a shot list is one of {', '.join(writers)}; choose one of them")
    writers[path.suffix.lower()](storyboard, path)


def _from_document(path: Path) -> _Sheet:
    told = read_document(path, MAX_BYTES)
    whole = {"shots": told} if isinstance(told, list) else told
    if not isinstance(whole, dict) or not isinstance(whole.get("shots"), list):
        raise BadInput(f"{path.name}: not a shot list: give a list of shots, or title and shots")
    for name in whole.keys() - {"title", "shots"}:
        hint = did_you_mean(str(name), ("title", "shots"))
        raise BadInput(f"{path.name}: {shortened(name)}: there is no such field{hint}")
    rows = []
    for number, cells in enumerate(whole["shots"], 1):
        if not isinstance(cells, dict):
            raise BadInput(f"{path.name} shot {number}: must be a group of fields (is {shortened(cells)})")
        rows.append(_Row(f"shot {number}", cells))
    return _Sheet(path.name, "field", whole.get("title", ""), rows)


def _from_table(name: str, table: Sequence[Sequence[str]]) -> _Sheet:
    first = next((at for at, row in enumerate(table) if any(row)), 0)
    headings = [heading.casefold() for heading in table[first]] if table else []
    _check_headings(name, headings)
    rows = []
    for number, row in enumerate(table[first + 1 :], first + 2):
        for heading, cell in zip(headings, row, strict=True):
            if cell and not heading:
                raise BadInput(f"{name} row {number}: {shortened(cell)} stands in a column without a heading; name it")
        cells = {heading: cell for heading, cell in zip(headings, row, strict=True) if cell}
        if cells:
            rows.append(_Row(f"row {number}", cells))
    return _Sheet(name, "column", _title(name, rows), [_Row(row.place, _without_title(row.cells)) for row in rows])


def _check_headings(name: str, headings: Sequence[str]) -> None:
    wrong = [
        f"{name}: column {shortened(heading)}: there is no such column{did_you_mean(heading, COLUMNS)}"
        for heading in headings
        if heading and heading not in COLUMNS
    ]
    twice = [heading for heading, count in Counter(headings).items() if heading and count > 1]
    wrong += [f"{name}: column {heading}: is there twice; keep one" for heading in twice]
    wrong += [f"{name}: column {column}: is missing; it is required" for column in _REQUIRED if column not in headings]
    if wrong:
        raise BadInput("\n".join(wrong[:_MOST_TOLD]))


def _title(name: str, rows: Sequence[_Row]) -> str:
    titles = list(dict.fromkeys(row.cells["title"] for row in rows if "title" in row.cells))
    if len(titles) > 1:
        raise BadInput(f"{name}: column title: a film has one title, these are {len(titles)}; say it once")
    return titles[0] if titles else ""


def _without_title(cells: Mapping[str, Any]) -> Mapping[str, Any]:
    return {column: cell for column, cell in cells.items() if column != "title"}


def _storyboard(sheet: _Sheet) -> Storyboard:
    if not 1 <= len(sheet.rows) <= MAX_SHOTS:
        raise BadInput(f"{sheet.name}: has {len(sheet.rows)} shots; a film has 1 to {MAX_SHOTS}")
    shots, wrong = [], _repeated_ids(sheet)
    for row in sheet.rows:
        try:
            shots.append(Shot.model_validate(_cleaned(row.cells)))
        except ValidationError as error:
            at = f"{sheet.name} {row.place}, {sheet.field}"
            wrong += [f"{at} {found}" for found in complaints(error, Shot)]
    if wrong:
        more = [f"{sheet.name}: and {len(wrong) - _MOST_TOLD} more"] if len(wrong) > _MOST_TOLD else []
        raise BadInput("\n".join(wrong[:_MOST_TOLD] + more))
    try:
        return Storyboard(title=sheet.title, shots=tuple(shots))
    except ValidationError as error:
        raise BadInput("\n".join(f"{sheet.name}: {found}" for found in complaints(error, Storyboard))) from error


def _repeated_ids(sheet: _Sheet) -> list[str]:
    first: dict[str, str] = {}
    wrong = []
    for row in sheet.rows:
        id_ = str(row.cells.get("id", "")).strip()
        if id_ and id_ in first:
            at = f"{sheet.name} {row.place}, {sheet.field} id"
            wrong.append(f"{at}: {shortened(id_)} is the id of {first[id_]} already; every shot needs its own")
        first.setdefault(id_, row.place)
    return wrong


def _cleaned(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells with lengths and choices as the noun spells them."""
    cleaned = dict(cells)
    for name in ("join", "transition"):
        if isinstance(cells.get(name), str):
            cleaned[name] = cells[name].strip().casefold()
    seconds = cells.get("seconds")
    if isinstance(seconds, str):
        cleaned["seconds"] = _DECIMAL_COMMA.sub(r"\1.\2", seconds) if _DECIMAL_COMMA.fullmatch(seconds) else seconds
    return cleaned


def _table(storyboard: Storyboard) -> list[list[Cell]]:
    columns = COLUMNS if storyboard.title else COLUMNS[:-1]
    rows: list[list[Cell]] = [list(columns)]
    for number, shot in enumerate(storyboard.shots):
        cells = {name: _cell(getattr(shot, name)) for name in Shot.model_fields}
        rows.append([cells.get(column, "" if number else storyboard.title) for column in columns])
    return rows


def _cell(value: str | float | View | tuple[str | Line, ...]) -> Cell:
    if isinstance(value, tuple):
        between = "\n" if value and isinstance(value[0], Line) else "; "
        return between.join(map(str, value))
    return str(value) if isinstance(value, View) else value


def _write_json(storyboard: Storyboard, path: Path) -> None:
    _write(path, json.dumps(_told(storyboard), ensure_ascii=False, indent=2) + "\n")


def _write_yaml(storyboard: Storyboard, path: Path) -> None:
    _write(path, yaml.safe_dump(_told(storyboard), allow_unicode=True, sort_keys=False, width=100))


def _told(storyboard: Storyboard) -> dict[str, Any]:
    """Return the storyboard as plain data, without what is left at its default."""
    return storyboard.model_dump(mode="json", exclude_defaults=True)


def _write(path: Path, text: str) -> None:
    with disk_errors(f"cannot write {path}"), draft(path) as file:
        file.write(text.encode())
        place(file, path)
