"""Importing: files of bills and of intervals into rows, as text and as workbooks."""

import csv
import random
import tempfile
import time
import zlib
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl

from meterproof_api.importing.kinds import Kind, Label, Layout
from meterproof_api.importing.reading import read_file
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

BILLS = 10_000
QUARTERS = 35_040
COLUMNS = 4
BUDGET_S = 5.0  # for a file of 10,000 bills, until it is imported
ROUNDS = 3

Rows = list[list[object]]


def bills() -> Rows:
    rng = random.Random(1)
    rows: Rows = [["start", "end", "series", "amount", "unit", "heat content [MJ/m3]", "estimated", "cost"]]
    for meter in range(BILLS // 100):
        start = date(2016, 1, 1)
        for _ in range(100):
            end = start + timedelta(days=rng.randint(28, 33))
            amount, heat = round(rng.uniform(1, 9e4), 1), round(rng.uniform(38.5, 40.5), 2)
            rows.append([start, end, f"gas_{meter}", amount, "m3", heat, "no", round(amount * 0.4, 2)])
            start = end
    return rows


def intervals() -> Rows:
    rng = random.Random(2)
    begin = datetime(2023, 1, 1)  # noqa: DTZ001 - the clock on the wall
    rows: Rows = [["time", *(f"meter {number}" for number in range(COLUMNS))]]
    for quarter in range(QUARTERS):
        at = begin + timedelta(minutes=15 * quarter)
        rows.append([at, *(round(rng.uniform(0, 50), 3) for _ in range(COLUMNS))])
    return rows


def write(rows: Rows, folder: Path) -> dict[str, Path]:
    text, sheet = folder / "file.csv", folder / "file.xlsx"
    with text.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("data")
    for row in rows:
        page.append(row)
    book.save(sheet)
    return {"CSV": text, "XLSX": sheet}


def measure(what: str, rows: Rows, layout: Layout) -> list[dict[str, object]]:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, path in write(rows, Path(folder)).items():
            seconds, parsed = float("inf"), None
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                parsed = read_file(path, layout)
                seconds = min(seconds, time.perf_counter() - begin)
            lines.append(_line(f"{what}, {kind}, {seconds:.2f} s", seconds, parsed))
    return lines


def _line(what: str, seconds: float, parsed) -> dict[str, object]:
    assert not parsed.problems, [str(problem) for problem in parsed.problems[:3]]
    keys = {(name, row.start) for name, rows in parsed.records.items() for row in rows}
    keys |= {(key, start) for key, columns in parsed.columns.items() for start in columns.start_ms.tolist()}
    rows = sum(map(len, parsed.records.values())) + sum(map(len, parsed.columns.values()))
    total = sum(row.amount for rows in parsed.records.values() for row in rows)
    total += sum(float(columns.amount.sum()) for columns in parsed.columns.values())
    return {
        "what": what,
        "per_second": rows / seconds,
        "unit": "values/s",
        "ratio": BUDGET_S / seconds,
        "to": f"budget of {BUDGET_S:.0f} s for the file",
        "rows": rows,
        "keys": len(keys),
        "checksum": f"{zlib.crc32(f'{total:.3f}'.encode()):08x}",
    }


def run() -> list[dict[str, object]]:
    bill = Layout(kind=Kind.BILLS, plant="p", origin=Origin.BILL, currency="USD", calorific_basis=CalorificBasis.GROSS)
    columns = {f"meter-{number}/energy_import_kwh": f"meter {number}" for number in range(COLUMNS)}
    interval = Layout(
        kind=Kind.INTERVALS, plant="p", origin=Origin.LOG, columns=columns, time_zone="Asia/Bangkok", label=Label.START
    )
    return [
        *measure(f"import, read {BILLS:,} bills of 100 series", bills(), bill),
        *measure(f"import, read {QUARTERS:,} quarter hours of {COLUMNS} meters", intervals(), interval),
    ]
