"""Files as the reader understands them, made by hand: what planning and writing start from."""

import hashlib
from datetime import date, timedelta

import numpy as np

from meterproof_api.importing.kinds import Kind, Layout
from meterproof_api.importing.reading import InstantColumns, IntervalColumns, ParsedFile
from meterproof_mv.dossier.series import RecordRow
from meterproof_mv.dossier.vocabulary import Origin

PLANT = "mill"
GAS = "bills/natural_gas"
QUARTER_MS = 900_000
T0 = 1_704_067_200_000  # 2024-01-01T00:00Z


def bill(start, end, amount, **given):
    """Return a bill of a plant's gas, in kWh unless it says otherwise."""
    given = {"written": f"{amount:g}", "written_unit": "kWh", "origin": Origin.BILL, "source": "gas.csv line 2"} | given
    return RecordRow(date.fromisoformat(start), date.fromisoformat(end), float(amount), **given)


def monthly_bills(months=3, amount=1000.0):
    """Return bills of whole months from January 2024 on."""
    rows, first = [], date(2024, 1, 1)
    for month in range(months):
        following = (first + timedelta(days=31)).replace(day=1)
        rows.append(bill(str(first), str(following), amount + month, source=f"gas.csv line {month + 2}"))
        first = following
    return rows


def records_file(*rows, name="gas.csv", series=GAS, unit="kWh", plant=PLANT, **given):
    """Return a file with the rows of one series."""
    kind = Kind(series.split("/")[0])
    return ParsedFile(
        kind=kind,
        name=name,
        sha256=hashlib.sha256(repr((name, rows)).encode()).hexdigest(),
        layout=Layout(kind=kind, plant=plant, origin=Origin.BILL, series=series.split("/")[1]),
        records={series: tuple(rows)},
        units={series: unit},
        **given,
    )


def columns_file(kind, columns, *, name="history.csv", zone="UTC"):
    """Return a file of intervals or readings."""
    layout = Layout(kind=kind, plant=PLANT, origin=Origin.LOG, time_zone=zone)
    return ParsedFile(kind=kind, name=name, sha256="0" * 64, layout=layout, columns=columns)


def intervals_file(amounts, *, first=0, point="main", quantity="energy_import_kwh", **given):
    """Return a file with quarter hours from the n-th of 2024 on; None leaves one out."""
    kept = [(place, amount) for place, amount in enumerate(amounts) if amount is not None]
    start = np.array([T0 + (first + place) * QUARTER_MS for place, _ in kept], np.int64)
    columns = IntervalColumns(
        start,
        start + QUARTER_MS,
        np.array([amount for _, amount in kept], np.float64),
        np.arange(2, len(kept) + 2, dtype=np.int64),
    )
    return columns_file(Kind.INTERVALS, {(point, quantity): columns}, **given)


def readings_file(values, *, point="main", quantity="energy_import_kwh", first=0, **given):
    """Return a file with a reading a quarter hour."""
    t_ms = np.array([T0 + (first + place) * QUARTER_MS for place in range(len(values))], np.int64)
    line = np.arange(2, len(values) + 2, dtype=np.int64)
    return columns_file(
        Kind.READINGS, {(point, quantity): InstantColumns(t_ms, np.array(values, np.float64), line)}, **given
    )
