"""Series as CSV: every digit there and back, and an error that names file, line and column."""

from dataclasses import fields, replace
from datetime import date

import bundle_worlds as worlds
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_evidence.errors import BundleError, IssueError
from meterproof_evidence.metered_csv import metered_csv, read_metered
from meterproof_evidence.recorded_csv import read_recorded, recorded_csv
from meterproof_evidence.series_list import entries_of, read_series
from meterproof_mv.dossier.series import Metered, Recorded, RecordRow
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

NAMES = ("kiln", "volume_m3", "m3")
FINITE = st.floats(allow_nan=False, allow_infinity=False)
INSTANT = st.integers(0, 7_258_118_399_999)


def metered(rows):
    columns = list(zip(*rows, strict=True)) or [()] * 6
    types = (np.int64, np.int64, float, float, float, bool)
    return Metered(*NAMES, *(np.array(column, kind) for column, kind in zip(columns, types, strict=True)))


def same(one, other):
    for field in fields(Metered):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype
            assert left.tobytes() == right.tobytes()
        else:
            assert left == right


@given(
    st.lists(st.tuples(INSTANT, INSTANT, FINITE, FINITE, st.one_of(FINITE, st.just(np.nan)), st.booleans()), max_size=9)
)
def test_a_counters_intervals_come_back_bit_by_bit(rows):
    series = metered(rows)
    same(read_metered("data/a.csv", metered_csv(series), names=NAMES, imported=()), series)


def test_whole_seconds_are_written_without_fractions():
    content = metered_csv(metered([(0, 900_000, 1.5, np.nan, np.nan, False)]))
    assert content.decode().split("\n")[1] == "1970-01-01T00:00:00Z,1970-01-01T00:15:00Z,1.5,,,interval"


GOOD = metered_csv(metered([(0, 900_000, 1.5, 1.0, 2.0, False), (900_000, 1_800_500, 2.5, 2.0, 4.0, True)])).decode()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("amount [m3]", "amount [kWh]", "line 1: 'start,end,amount"),
        ("1.5", "1,5", "line 2: 7 fields; 6 are accepted"),
        ("1.5", "", r"line 2: amount \[m3\] ''; a finite number is accepted"),
        ("2.5", "nan", "line 3: amount"),
        ("2.5", "1e999", "line 3: amount"),
        ("2.5", "1_0", "line 3: amount"),
        ("2.5", " 2.5", "line 3: amount"),
        ("2.5", "\u0662", "line 3: amount"),
        ("2.5", "--2", "line 3: amount"),
        (",4.0,", ",inf,", "line 3: register_end 'inf'; a finite number or nothing"),
        ("1970-01-01T00:30:00.500Z", "now", "line 3: end 'now'; an instant such as"),
        ("1970-01-01T00:30:00.500Z", "NaT", "line 3: end 'NaT'"),
        ("1970-01-01T00:30:00.500Z", "1970-13-01T00:30:00Z", "line 3: end"),
        ("1970-01-01T00:30:00.500Z", "9970-01-01T00:30:00Z", "line 3: end"),
        ("1970-01-01T00:30:00.500Z", "1970-01-01T00:30:00+02:00", "line 3: end"),
        ("span", "guess", "line 3: kind 'guess'; interval or span is accepted"),
        ("span\n", "span", "line 3: the line has no end"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(old, new, told):
    assert old in GOOD
    with pytest.raises(BundleError, match=rf"^data/a\.csv {told}"):
        read_metered("data/a.csv", GOOD.replace(old, new, 1).encode(), names=NAMES, imported=())


def test_bytes_that_are_no_text_are_named_by_line():
    with pytest.raises(BundleError, match=r"^data/a\.csv line 2: byte \d+ is no UTF-8"):
        read_metered("data/a.csv", GOOD.encode().replace(b"1.5", b"\xff"), names=NAMES, imported=())


def test_a_unit_that_would_break_the_header_is_not_written():
    with pytest.raises(IssueError, match="'m3,x'"):
        metered_csv(replace(metered([]), unit="m3,x"))


ROW = RecordRow(
    date(2024, 1, 1), date(2024, 2, 1), 12.5, "1.250,00", "m3", Origin.BILL, True, "36.4", "MJ/m3",
    CalorificBasis.NET, "12", "EUR", 'bills, "gas".csv line 2',
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31))
ROWS = st.builds(
    RecordRow, start=DAYS, end=DAYS, amount=FINITE, written=TEXT, written_unit=TEXT, heat_content=TEXT,
    heat_content_unit=TEXT, cost=TEXT, currency=TEXT, source=TEXT,
)  # fmt: skip


@given(st.lists(ROWS, max_size=3))
def test_a_record_comes_back_as_it_was_written(rows):
    series = Recorded("bills/gas", "m3", tuple(rows), spread=True)
    assert read_recorded("data/a.csv", recorded_csv(series), name="bills/gas", unit="m3", spread=True) == series


BILLS = recorded_csv(Recorded("bills/gas", "m3", (ROW, replace(ROW, start=ROW.end)), spread=True)).decode()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("amount [m3]", "amount", "line 1: 'start,end,amount,written"),
        ("2024-02-01", "tomorrow", "line 2: end 'tomorrow'; a day such as 2025-01-31"),
        ("2024-02-01", "2024-02-31", "line 2: end"),
        ("12.5", "12,5", "line 2: 14 fields; 13 are accepted"),
        ("12.5", "lots", r"line 2: amount \[m3\] 'lots'"),
        (",bill,", ",rumour,", "line 2: origin 'rumour'; 'meter', 'bill', 'log', 'interview', 'spot' is accepted"),
        (",yes,", ",maybe,", "line 2: estimated 'maybe'"),
        (",net,", ",both,", "line 2: calorific_basis 'both'; '', 'net', 'gross' is accepted"),
        ('"bills, ""gas"".csv line 2"', '"bills', "line 3: ',' expected after"),
    ],
)
def test_a_line_of_a_record_that_cannot_be_read_is_named(old, new, told):
    assert old in BILLS
    with pytest.raises(BundleError, match=rf"^data/a\.csv {told}"):
        read_recorded("data/a.csv", BILLS.replace(old, new, 1).encode(), name="n", unit="m3", spread=True)


def test_a_file_without_a_header_is_refused():
    with pytest.raises(BundleError, match="line 1: ''"):
        read_recorded("data/a.csv", b"", name="n", unit="m3", spread=True)
    with pytest.raises(BundleError, match="line 1: ''"):
        read_metered("data/a.csv", b"", names=NAMES, imported=())


def test_two_series_never_share_a_file():
    series = worlds.bakery().series["production/output"]
    with pytest.raises(IssueError, match=r"series 'a/b': another one is written to data/a--b\.csv already"):
        entries_of({"a--b": series, "a/b": series})


def test_every_file_of_data_is_listed_once():
    dossier = worlds.bakery()
    entries = entries_of(dossier.series)
    files = worlds.files_of(worlds.bundle_of(worlds.bakery))
    assert read_series(entries, files) == dossier.series
    twice = {**entries, "again": entries["drivers/hdd60"]}
    with pytest.raises(BundleError, match=r"series\.json names data/drivers--hdd60\.csv 2 times"):
        read_series(twice, files)
    with pytest.raises(BundleError, match=r"series\.json names data/x\.csv 0 times"):
        read_series(entries, {**files, "data/x.csv": b""})
    del files["data/drivers--hdd60.csv"]
    with pytest.raises(BundleError, match=r"series\.json names data/drivers--hdd60\.csv 1 times, .*is not there"):
        read_series(entries, files)
