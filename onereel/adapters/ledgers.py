"""The ledger as files: a pandas table, CSV that is safe to open in a spreadsheet, Parquet."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from onereel.adapters.tables import csv_bytes, write_csv
from onereel.ledger import Entry, Ledger

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = tuple(Entry.model_fields)


def table(ledger: Ledger) -> "pd.DataFrame":
    """Return the ledger as a pandas table: one row a call, oldest first, with the types of `Entry`."""
    # Half a second to import, for one kind of question.
    import pandas as pd  # noqa: PLC0415

    frame = pd.DataFrame([entry.model_dump() for entry in ledger.entries], columns=list(COLUMNS))
    whole = {"polls": "int64", "tokens": "int64", "attempt": "int64"}
    real = dict.fromkeys(("latency", "seconds", "usd", "reserved_usd"), "float64")
    words = {name: "str" for name in COLUMNS if name not in {*whole, *real, "time"}}
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame.astype({**words, **whole, **real})


def ledger_csv(ledger: Ledger) -> bytes:
    """Return the ledger as CSV; no cell is run as a formula."""
    return csv_bytes(_rows(ledger))


def ledger_parquet(ledger: Ledger) -> bytes:
    """Return the ledger as Parquet."""
    target = io.BytesIO()
    table(ledger).to_parquet(target, index=False)
    return target.getvalue()


def write_ledger(ledger: Ledger, path: Path) -> None:
    """Write the ledger to a CSV file.

    Raises:
        VaultError: The disk refused.
    """
    write_csv(path, _rows(ledger))


def _rows(ledger: Ledger) -> list[list[str | float]]:
    def cells(entry: Entry) -> list[str | float]:
        values = {**entry.model_dump(), "time": entry.time.isoformat()}
        return [values[name] for name in COLUMNS]

    return [list(COLUMNS), *(cells(entry) for entry in ledger.entries)]
