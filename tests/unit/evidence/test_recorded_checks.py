"""A hand-kept record against itself: what was written down, in its unit, gives the amount that is counted."""

from dataclasses import replace
from datetime import date

import pytest

from meterproof_evidence.checks.recorded import readings_of, recorded_problems
from meterproof_mv.dossier.series import Recorded, RecordRow
from meterproof_mv.dossier.vocabulary import Origin

ROW = RecordRow(date(2024, 1, 1), date(2024, 2, 1), 100.0, "100", "kWh", Origin.BILL)


def problems(*rows, unit="kWh"):
    return list(recorded_problems("bills/gas", Recorded("bills/gas", unit, rows, spread=True)))


@pytest.mark.parametrize(
    ("row", "unit"),
    [
        (ROW, "kWh"),
        (replace(ROW, written_unit=""), "kWh"),
        (replace(ROW, amount=1055.05585262 / 3.6, written="1", written_unit="MMBtu"), "kWh"),
        (replace(ROW, amount=1234.5, written="1.234,5"), "kWh"),
        (replace(ROW, amount=1234.5, written="1'234.5"), "kWh"),
        (replace(ROW, amount=1.234, written="1.234"), "kWh"),
        (replace(ROW, amount=1234.0, written="1.234"), "kWh"),
        (replace(ROW, amount=12.0, written="12", written_unit="degF.d"), "degF.d"),
        (replace(ROW, amount=1000.0, written_unit="m3", heat_content="36", heat_content_unit="MJ/m3"), "kWh"),
        (replace(ROW, amount=1010.0, written_unit="m3", heat_content="36,36", heat_content_unit="MJ/m3"), "kWh"),
        (replace(ROW, amount=1000.0, written="100000", written_unit="l", heat_content="36", heat_content_unit="MJ/m3"), "kWh"),
        (replace(ROW, written_unit="m3", heat_content="36", heat_content_unit="MJ/m3"), "m3"),
        (replace(ROW, amount=0.0, written="0"), "kWh"),
        (replace(ROW, amount=-100.0, written="-100"), "kWh"),
    ],
)  # fmt: skip
def test_an_amount_that_follows_from_what_was_written_has_no_problem(row, unit):
    assert problems(row, unit=unit) == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (replace(ROW, amount=100.1), "amount 100.1 kWh, but '100' kWh makes 100.0"),
        (replace(ROW, written="lots"), "written 'lots' is no number"),
        (replace(ROW, written_unit="furlong"), "unit 'furlong' unknown"),
        (replace(ROW, written_unit="m3"), "unit 'm3' measures volume, 'kWh' energy"),
        (
            replace(ROW, amount=1000.0, written_unit="m3", heat_content="38", heat_content_unit="MJ/m3"),
            "amount 1000.0 kWh, but '100' m3 with 38 MJ/m3 makes 1055.5",
        ),
        (
            replace(ROW, written_unit="m3", heat_content="36", heat_content_unit="MJ"),
            "unit 'MJ' is no heat content",
        ),
        (
            replace(ROW, written_unit="m3", heat_content="warm", heat_content_unit="MJ/m3"),
            "heat content 'warm' is no number",
        ),
    ],
)
def test_an_amount_that_does_not_follow_is_named(row, told):
    (found,) = problems(row)
    assert found.startswith(f"bills/gas line 2 (2024-01-01): {told}")


def test_rows_that_end_early_or_overlap_are_named():
    assert problems(replace(ROW, end=ROW.start)) == ["bills/gas line 2 (2024-01-01): it ends before or when it starts"]
    again = replace(ROW, start=date(2024, 1, 31), end=date(2024, 3, 1))
    assert problems(ROW, again) == ["bills/gas line 3 (2024-01-31): it begins before the one above it ends"]
    assert problems(ROW, replace(ROW, start=ROW.end, end=date(2024, 3, 1))) == []


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("12", [12.0]),
        ("12.5", [12.5]),
        ("12,5", [12.5]),
        ("1,234", [1234.0, 1.234]),
        ("1,234,567", [1234567.0]),
        ("1.234.567,8", [1234567.8]),
        ("1 234,5", [1234.5]),
        ("1\u00a0234", [1234.0]),
        ("-3.5e2", [-350.0]),
        ("+7", [7.0]),
        ("\u22127", [-7.0]),
        ("5,", [5.0]),
        ("5.", [5.0]),
        ("1,5e3", [1500.0]),
        ("e5", []),
        ("-,e1", []),
        ("12,34,5", []),
        ("", []),
        (".", []),
        ("NaN", []),
        ("1_000", []),
        ("\u0662", []),
    ],
)
def test_a_written_figure_means_what_it_can_mean(text, meanings):
    assert readings_of(text) == meanings
