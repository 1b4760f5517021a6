"""Tables of text in CSV and XLSX files, safe to open in a spreadsheet: what is written is read back unchanged.

A spreadsheet runs a cell that begins with = + - or @ as a formula. In CSV such text is written behind an apostrophe,
which reading takes off again; in XLSX the cell is marked as text. Formulas in an XLSX are refused, never calculated.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils.exceptions import InvalidFileException

from onereel.adapters.complaints import shortened
from onereel.adapters.disk import disk_errors, draft, place
from onereel.adapters.documents import read_bytes, read_text
from onereel.errors import BadInput

MAX_BYTES: Final = 16_000_000
"""Longest table file: 400 shots with every column full are 14 MB."""

MAX_ROWS: Final = 10_000
"""Rows that are looked at, blank ones included."""

_COLUMNS = 64
_UNPACKED_BYTES = 64_000_000
_UNPACKED_FILES = 1_000
_SEPARATORS = ",;\t"
_HINT = re.compile(r"sep=([,;|\t])\r?\n")
_RUNS = r"[=+\-@\t\r＝＋－＠]"  # full-width signs too: OWASP, CSV Injection
_GUARDED = re.compile(f"'+{_RUNS}")
_TO_GUARD = re.compile(f"'*{_RUNS}")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # XLSX text spells characters _xHHHH_ (ECMA-376, 22.9.2.19)
_ESCAPED = "_x005F_"
_BROKEN_XLSX = (
    zipfile.BadZipFile, InvalidFileException, ParseError, zlib.error,
    OSError, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What openpyxl raises on damaged files, found by damaging files."""

Cell = str | float


def read_csv(path: Path, known: Iterable[str]) -> list[list[str]]:
    """Return the rows of a CSV file, the heading first; row n of a spreadsheet is at n - 1.

    Separated by comma, semicolon or tab (a first line `sep=;` is obeyed); UTF-8, or UTF-16 with a byte order mark.

    Args:
        path: The file.
        known: Headings, to tell what separates them.

    Raises:
        BadInput: It cannot be read, or is not a table.
    """
    text = read_text(path, MAX_BYTES)
    hint = _HINT.match(text)
    text = text[hint.end() :] if hint else text
    if "\0" in text:
        raise BadInput(f"{path.name}: contains NUL characters; save it as CSV UTF-8")
    separator = hint[1] if hint else _separator(text, set(known))
    # Strict: else a cell that begins with a quote and goes on behind the closing one would lose both.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [[_unguarded(cell.strip()) for cell in row] for row in islice(lines, MAX_ROWS + 1)]
    except csv.Error as error:
        raise BadInput(
            f"{path.name} line {lines.line_num}: not a CSV table: {error}; a cell with quotes in it stands in quotes "
            "itself, and those in it are doubled"
        ) from error
    return _bounded(rows, path)


def write_csv(path: Path, rows: Iterable[Sequence[Cell]]) -> None:
    """Write a CSV file.

    Raises:
        VaultError: The disk refused.
    """
    _write(path, csv_bytes(rows))


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return CSV that every spreadsheet opens as it is: UTF-8 with a byte order mark, every cell quoted."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([_guarded(_number(cell)) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def read_xlsx(path: Path) -> list[list[str]]:
    """Return the rows of a workbook's first sheet, the heading first; row n of the sheet is at n - 1.

    Numbers become text without a needless `.0`.

    Raises:
        BadInput: It cannot be read, or a cell holds a formula, an error or a date.
    """
    data = read_bytes(path, MAX_BYTES)
    try:
        _check_archive(data, path)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size need not be true
        rows = [_trimmed([_plain(cell, path) for cell in row]) for row in islice(sheet.iter_rows(), MAX_ROWS + 1)]
        book.close()
    except BadInput:
        raise
    except _BROKEN_XLSX as error:
        raise BadInput(f"{path.name}: not a workbook that can be read ({str(error)[:120]}); save it anew") from error
    return _bounded(rows, path)


def write_xlsx(path: Path, rows: Sequence[Sequence[Cell]], title: str) -> None:
    """Write a workbook with one sheet of this title, its heading fixed on top; text is marked as text.

    Raises:
        VaultError: The disk refused.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    sheet.freeze_panes = "B2"
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            _fill(sheet.cell(at, column), value)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    target = io.BytesIO()
    book.save(target)
    _write(path, target.getvalue())


def _fill(cell: Any, value: Cell) -> None:
    """Write a number as a number if a spreadsheet keeps it (15 digits), everything else as text."""
    if isinstance(value, float | int) and float(f"{value:.15g}") == value:
        cell.value = value
    elif value != "":
        cell.value = _ESCAPE.sub(_ESCAPED, _number(value))
        cell.data_type = "s"  # openpyxl makes a formula of "=..." and an error of "#N/A"
        cell.quotePrefix = True
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _separator(text: str, known: set[str]) -> str:
    """Return what separates the headings we know, else a comma."""
    heading = next((line for line in text.split("\n") if line.strip(f' "\r{_SEPARATORS}')), "")

    def recognised(separator: str) -> int:
        return sum(name.strip(' "\r').casefold() in known for name in heading.split(separator))

    return max(_SEPARATORS, key=recognised)


def _number(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return str(int(cell)) if float(cell).is_integer() else repr(float(cell))


def _guarded(text: str) -> str:
    return f"'{text}" if _TO_GUARD.match(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def _bounded(rows: list[list[str]], path: Path) -> list[list[str]]:
    """Return rows of equal length, if there are not too many, and none has a cell too far to the right."""
    if len(rows) > MAX_ROWS:
        raise BadInput(f"{path.name}: more than {MAX_ROWS} rows; delete what is below the shots")
    for number, row in enumerate(rows, 1):
        if far := next(filter(None, row[_COLUMNS:]), ""):
            raise BadInput(
                f"{path.name} row {number}: {shortened(far)} stands beyond column {_COLUMNS}; delete what is right of "
                "the shots"
            )
    width = min(_COLUMNS, max(map(len, rows), default=0))
    return [row[:width] + [""] * (width - len(row)) for row in rows]


def _trimmed(row: list[str]) -> list[str]:
    """Return a row without the blank cells at its end: of formatted ones there may be thousands."""
    last = next((at for at in range(len(row), 0, -1) if row[at - 1]), 0)
    return row[:last]


def _plain(cell: Any, path: Path) -> str:
    """Return what an XLSX cell shows, as text."""
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    refused = {"f": "a formula", "e": f"the error {value}", "d": "a date"}
    if kind in refused:
        raise BadInput(f"{path.name} cell {cell.coordinate}: holds {refused[kind]}; replace it by plain text")
    if isinstance(value, bool):
        return str(value).upper()
    return _number(value) if isinstance(value, int | float) else str(value).replace(_ESCAPED, "_").strip()


def _check_archive(data: bytes, path: Path) -> None:
    """Refuse a workbook that grows when unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = archive.infolist()
        if len(files) > _UNPACKED_FILES or sum(file.file_size for file in files) > _UNPACKED_BYTES:
            raise BadInput(f"{path.name}: unpacks to more than {_UNPACKED_BYTES / 1e6:g} MB; save the sheet alone")
        for file in files:
            if file.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(file):
                raise BadInput(f"{path.name}: defines XML entities, as no spreadsheet does; save it anew")


def _write(path: Path, data: bytes) -> None:
    with disk_errors(f"cannot write {path}"), draft(path) as file:
        file.write(data)
        place(file, path)
