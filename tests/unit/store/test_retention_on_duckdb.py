"""Gauges go when they are too old; counters, their registers, flags and evidence never do."""

import math
from types import SimpleNamespace

import pytest
from contract.readings_samples import KW, KWH, group, plain, query
from contract.test_readings_against_the_fake import NAMES, writes
from hypothesis import HealthCheck, given, settings

from meterproof_core.errors import SettingsError
from meterproof_core.memory import MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.retention import AgedPoint, RetentionRule, retain

DAY = 86_400_000
NOW = 200 * DAY + 12_345
CUT = 110 * DAY


@pytest.fixture
def store():
    opened = open_duckdb(":memory:")
    yield opened
    opened.close()


def applied(store, *, apply=True, days=90, now_ms=NOW):
    return retain(store.readings, store.journal, RetentionRule(now_ms, days), apply=apply)


def read(store, point="boiler"):
    return plain(store.readings.read(query(0, 10**13, KWH, KW, point=point)))


def fill(store):
    store.readings.write(
        [
            group(
                [1, CUT - 1, CUT, NOW],
                {KWH: [1.0, None, 3.0, 4.0], KW: [5.0, 6.0, 7.0, 8.0]},
                raw={KWH: [2**63 - 1, None, 3, 4]},
                q=[(0, KW, "bad", "limit"), (1, KWH, "missing", "timeout"), (2, KW, "bad", "limit")],
            ),
            group([5, CUT + 5], {KW: [1.0, 2.0]}, q=[(0, KW, "bad", "limit")], seq=2),
            group([6], {KW: [1.0], "frequency_hz": [50.0]}, point="air", seq=3),
        ]
    )


def test_without_being_told_to_apply_it_says_what_would_go_and_takes_nothing(store):
    fill(store)
    before = [read(store), read(store, "air")]
    told = applied(store, apply=False)
    assert (told.before_ms, told.applied) == (CUT, False)
    assert told.points == [
        AgedPoint("works", "air", values=2, rows=1, first_ms=6, last_ms=6),
        AgedPoint("works", "boiler", values=3, rows=1, first_ms=1, last_ms=CUT - 1),
    ]
    assert [read(store), read(store, "air")] == before
    assert list(store.journal.read([EntryKind.EVENT])) == []


def test_old_gauges_go_with_their_flags_and_nothing_else_does(store):
    fill(store)
    applied(store)
    assert read(store) == {
        "t": [1, CUT - 1, CUT, CUT + 5, NOW],
        "values": {KWH: [1.0, None, 3.0, None, 4.0], KW: [None, None, 7.0, 2.0, 8.0]},
        "raw": {KWH: [2**63 - 1, None, 3, None, 4]},
        "flags": [(1, KWH, "missing", "timeout"), (2, KW, "bad", "limit")],
        "config": ["c1"] * 5,
        "batch": [("s1", 1), ("s1", 1), ("s1", 1), ("s1", 2), ("s1", 1)],
    }
    assert read(store, "air")["t"] == []
    assert [(e.point, e.rows, e.first_ms) for e in store.readings.extents()] == [("boiler", 5, 1)]


def test_the_journal_says_what_went(store):
    fill(store)
    applied(store)
    (entry,) = store.journal.read([EntryKind.EVENT])
    assert (entry.entry_id, entry.plant, entry.at_ms) == (f"event/works/gauges_retired/{CUT}", "works", NOW)
    assert entry.data["code"] == "gauges_retired"
    assert entry.data["points"]["boiler"] == {"values": 3, "rows": 1, "t_ms": [1, CUT - 1]}


def test_applying_again_finds_nothing_and_says_nothing(store):
    fill(store)
    applied(store)
    assert applied(store).points == []
    assert len(store.journal.read([EntryKind.EVENT])) == 1


def test_what_is_written_afterwards_meets_rows_and_points_as_they_are(store):
    fill(store)
    applied(store)
    store.readings.write([group([1], {KWH: [1.0], KW: [9.0]}, seq=9), group([6, 7], {KW: [1.0, 2.0]}, point="air")])
    assert (read(store)["t"][:2], read(store)["values"][KW][0]) == ([1, CUT - 1], 9.0)
    assert read(store, "air")["t"] == [6, 7]


def test_an_empty_store_and_one_without_gauges_have_nothing_to_lose(store):
    assert applied(store).points == []
    store.readings.write([group([1], {KWH: [1.0]})])
    assert applied(store).points == []
    assert read(store)["t"] == [1]


def test_a_file_has_forgotten_them_when_it_is_opened_again(tmp_path):
    store = open_duckdb(tmp_path / "s.duckdb")
    fill(store)
    applied(store)
    store.close()
    store = open_duckdb(tmp_path / "s.duckdb")
    assert read(store)["values"][KW] == [None, None, 7.0, 2.0, 8.0]
    assert applied(store).points == []
    store.close()


def test_a_store_that_sees_to_it_itself_is_left_alone():
    ports = SimpleNamespace(readings=MemoryReadings(), journal=MemoryJournal())
    with pytest.raises(SettingsError, match="sees to retention itself"):
        applied(ports)


def test_gauges_that_are_kept_for_good_are_left_alone(store):
    with pytest.raises(SettingsError, match="kept for good"):
        applied(store, days=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes())
def test_whatever_was_written_counters_are_never_touched_and_gauges_go_up_to_the_cut(written):
    store = open_duckdb(":memory:")
    for each in written:
        store.readings.write(each)
    points = [(extent.plant, extent.point) for extent in store.readings.extents()]
    asked = [query(0, 99, *NAMES, plant=plant, point=point) for plant, point in points]
    before = [plain(store.readings.read(each)) for each in asked]
    store.readings.retire_gauges(5)
    for question, old in zip(asked, before, strict=True):
        new = plain(store.readings.read(question))
        for name in (KWH, "volume_m3"):
            assert {t: v for t, v in zip(new["t"], new["values"][name], strict=True) if v is not None} == {
                t: v for t, v in zip(old["t"], old["values"][name], strict=True) if v is not None
            }
            assert registers(new, name) == registers(old, name)
            assert flags(new, name) == flags(old, name)
        assert {t: v for t, v in zip(new["t"], new["values"][KW], strict=True) if v is not None} == {
            t: v for t, v in zip(old["t"], old["values"][KW], strict=True) if v is not None and t >= 5
        }
        assert flags(new, KW) == {t: said for t, said in flags(old, KW).items() if t >= 5}
    held = {(e.plant, e.point): e.rows for e in store.readings.extents()}
    assert held == {
        (q.plant, q.point): len(rows) for q in asked if (rows := plain(store.readings.read(q))["t"])
    }  # fmt: skip
    store.close()


def registers(read, name):
    column = read["raw"].get(name, [None] * len(read["t"]))
    return {t: r for t, r in zip(read["t"], column, strict=True) if r is not None and not math.isnan(r)}


def flags(read, name):
    return {read["t"][row]: said for row, of, *said in read["flags"] if of == name}
