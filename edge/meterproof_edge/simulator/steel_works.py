"""Opens the one real record that ships with the simulator: a Korean steel works, 2018, quarter hour by quarter hour.

Its traps are told in ``data/README.md``. Nothing else opens the file, and only the simulator may import this module, so
that no reading can reach the books except through a register.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from importlib.resources import as_file, files
from math import isqrt
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meterproof_core.errors import DataError
from meterproof_edge.simulator.electricity import Grid
from meterproof_edge.simulator.recorded import RecordedSeries

ZONE = "Asia/Seoul"
ORIGIN = (
    "Steel Industry Energy Consumption, UCI Machine Learning Repository, data set 851, "
    "Sathishkumar V E, Changsun Shin and Yongyun Cho, CC BY 4.0"
)
KOREAN_GRID = Grid(voltage_v=220.0, frequency_hz=60.0)
"""The public low-voltage grid where the works stands; the record itself says nothing of voltage."""
_STEP = timedelta(minutes=15)
_LABEL = "date"
_COLUMNS = {
    "energy_import_kwh": "Usage_kWh",
    "reactive_energy_import_kvarh": "Lagging_Current_Reactive_Power_kVarh",
}
_PARTS = 100  # the file counts in hundredths


def load_steel_works(path: Path | None = None) -> RecordedSeries:
    """Return the steel works' year as a series; apparent energy is worked out from the two that are recorded.

    Parameters
    ----------
    path : Path, optional
        A file of the same columns; the shipped one when left out.

    Raises
    ------
    DataError
        Naming the file, the line, the column, the value and what is accepted.
    """
    if path is not None:
        return _load(path)
    with as_file(files("meterproof_edge") / "simulator" / "data" / "steel_industry_2018.csv") as shipped:
        return _load(shipped)


def _load(path: Path) -> RecordedSeries:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _series(_Table(path, csv.DictReader(file)))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text: {error.reason} at byte {error.start}") from error


def _series(table: "_Table") -> RecordedSeries:
    amounts: dict[str, list[int]] = {quantity: [] for quantity in _COLUMNS}
    first = None
    for label, row in table.rows():
        first = first or label
        for quantity, column in _COLUMNS.items():
            amounts[quantity].append(table.hundredths(row, column))
    if first is None:
        raise DataError(f"{table.path}: has no row; at least one is needed")
    active, reactive = (tuple(amounts[quantity]) for quantity in _COLUMNS)
    apparent = tuple(isqrt(p * p + q * q) for p, q in zip(active, reactive, strict=True))
    return RecordedSeries(
        start_ms=int((first - _STEP).replace(tzinfo=_zone()).timestamp()) * 1000,
        step_ms=_STEP // timedelta(milliseconds=1),
        parts=_PARTS,
        amounts={
            "energy_import_kwh": active,
            "reactive_energy_import_kvarh": reactive,
            "apparent_energy_import_kvah": apparent,
        },
        dropouts=tuple(index for index, counted in enumerate(apparent) if counted == 0),
        origin=ORIGIN,
    )


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        raise DataError(f"time zone {ZONE} is not on this machine; on Debian: apt install tzdata") from None


class _Table:
    """The rows of the file; every complaint names file, line, column and value."""

    def __init__(self, path: Path, reader: "csv.DictReader[str]") -> None:
        self.path = path
        self._reader = reader
        header = reader.fieldnames or ()
        for column in (_LABEL, *_COLUMNS.values()):
            if column not in header:
                found = ", ".join(header) or "nothing"
                raise DataError(f"{path} line 1: column {column!r} is missing; found {found}")

    def rows(self) -> Iterator[tuple[datetime, Mapping[str, str | None]]]:
        """Yield the end of each interval, in local time, and its row."""
        before: datetime | None = None
        for row in self._reader:
            label = self._label(row[_LABEL])
            if before is not None and label - before != _STEP:
                raise self._complaint(
                    _LABEL,
                    row[_LABEL],
                    f"{_kind_of_step(label - before)}; {before + _STEP:%d/%m/%Y %H:%M} must come here",
                )
            yield label, row
            before = label

    def hundredths(self, row: Mapping[str, str | None], column: str) -> int:
        """Return a cell in hundredths of its unit."""
        cell = row[column]
        try:
            counted = Decimal(cell or "") * _PARTS
            if counted < 0:
                raise self._complaint(column, cell, "negative; use 0 or more")
            whole = int(counted)
        except (InvalidOperation, ValueError, OverflowError):
            raise self._complaint(column, cell, "not a number; use one like 3.17") from None
        if whole != counted:
            raise self._complaint(column, cell, "finer than hundredths; use at most two decimals")
        return whole

    def _label(self, cell: str | None) -> datetime:
        try:
            label = datetime.strptime(cell or "", "%d/%m/%Y %H:%M")  # noqa: DTZ007 - local until the zone is added
        except ValueError:
            raise self._complaint(_LABEL, cell, "not a time; use dd/mm/yyyy hh:mm") from None
        at_midnight = label.hour == 0 and label.minute == 0
        return label + timedelta(days=1) if at_midnight else label  # the row of 00:00 is dated by the day that ends

    def _complaint(self, column: str, cell: str | None, what: str) -> DataError:
        return DataError(f"{self.path} line {self._reader.line_num} column {column}: {cell!r} is {what}")


def _kind_of_step(step: timedelta) -> str:
    if step == timedelta():
        return "there twice"
    return "a step back in time" if step < timedelta() else f"a gap of {step}"
