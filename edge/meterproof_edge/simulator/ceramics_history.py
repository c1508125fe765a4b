"""Writes what the simulated ceramics works' own logger would have kept: a year of quarter hours as a CSV file.

The file's name and every column say that it is simulated, so that it cannot be taken for a real plant's record.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from meterproof_edge.simulator.ceramics_works import ELECTRICITY, GAS, PRODUCTION, WATER, ZONE, CeramicsWorks
from meterproof_edge.simulator.recorded import RecordedSeries

BASELINE_START, BASELINE_END = date(2024, 1, 1), date(2025, 1, 1)
COLUMNS = {
    "simulated_gas_m3": GAS,
    "simulated_electricity_kwh": ELECTRICITY,
    "simulated_water_m3": WATER,
    "simulated_production_t": PRODUCTION,
}
"""Columns of the file after ``start`` and ``end``, and the series behind each."""


def write_history(folder: Path, works: CeramicsWorks) -> Path:
    """Write the baseline year into a folder and return the file; the same works gives the same bytes.

    Parameters
    ----------
    folder : Path
        Must be there.
    works : CeramicsWorks
        Whose record it is.
    """
    path = folder / f"simulated-ceramics-{BASELINE_START.year}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("start", "end", *COLUMNS))
        table.writerows(_rows(works.series(BASELINE_START, BASELINE_END)))
    return path


def _rows(series: RecordedSeries) -> Iterator[tuple[str | Decimal, ...]]:
    """Yield start, end in the works' local time with its offset, and the amounts with all their digits."""
    zone = ZoneInfo(ZONE)
    columns = [series.amounts[name] for name in COLUMNS.values()]
    for n, amounts in enumerate(zip(*columns, strict=True)):
        start_ms = series.start_ms + n * series.step_ms
        start, end = (_local(t_ms, zone) for t_ms in (start_ms, start_ms + series.step_ms))
        yield start, end, *(Decimal(amount) / series.parts for amount in amounts)


def _local(t_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(t_ms // 1000, UTC).astimezone(zone).isoformat()
