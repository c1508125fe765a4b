"""What every journal does, the fake included."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterproof_core.memory import MemoryJournal
from meterproof_core.storage import EntryKind, JournalEntry

ALL = list(EntryKind)


def entry(entry_id, *, kind=EntryKind.ARRIVAL, plant="works", at_ms=1000, data=None):
    return JournalEntry(entry_id, kind, plant, at_ms, {} if data is None else data)


def ids(entries):
    return [each.entry_id for each in entries]


def test_an_empty_journal_tells_nothing(stores):
    stores.journal.append([])
    assert list(stores.journal.read(ALL)) == []


@pytest.mark.parametrize("kind", ALL)
def test_an_entry_of_every_kind_comes_back_as_it_was(stores, kind):
    told = entry(
        "a/b c-ü'\"",
        kind=kind,
        plant="",
        at_ms=1_700_000_000_123,
        data={
            "points": {"boiler": [1, 2, 3]},
            "reason": 'q "x" - é',
            "seq": 2**63 - 1,
            "gap": None,
            "ok": True,
            "x": 0.1,
        },
    )
    stores.journal.append([told])
    assert list(stores.journal.read([kind])) == [told]
    assert isinstance(stores.journal.read([kind])[0].kind, EntryKind)


def test_data_come_back_as_json_gives_them(stores):
    stores.journal.append([entry("a", data={"ranges": [(1, 2)], "by": {1: "x"}})])
    assert stores.journal.read(ALL)[0].data == {"ranges": [[1, 2]], "by": {"1": "x"}}


def test_entries_come_back_in_the_order_of_time_and_of_one_time_as_they_were_given(stores):
    stores.journal.append([entry("c", at_ms=3), entry("a", at_ms=9), entry("d", at_ms=3)])
    stores.journal.append([entry("b", at_ms=1)])
    assert ids(stores.journal.read(ALL)) == ["b", "c", "d", "a"]


def test_telling_a_fact_twice_is_telling_it_once_and_the_first_telling_stays(stores):
    stores.journal.append([entry("a", at_ms=1), entry("b"), entry("a", at_ms=2)])
    stores.journal.append([entry("c", at_ms=1001), entry("a", at_ms=1003), entry("d", at_ms=1004), entry("b")])
    assert ids(stores.journal.read(ALL)) == ["a", "b", "c", "d"]
    assert stores.journal.read(ALL)[0].at_ms == 1


def test_reading_chooses_by_kind_plant_and_time(stores):
    stores.journal.append(
        [
            entry("a", kind=EntryKind.ARRIVAL, plant="works", at_ms=1000),
            entry("b", kind=EntryKind.LOSS, plant="works", at_ms=2000),
            entry("c", kind=EntryKind.ARRIVAL, plant="mill", at_ms=3000),
            entry("d", kind=EntryKind.DEAD_LETTER, plant="", at_ms=4000),
        ]
    )
    assert ids(stores.journal.read([EntryKind.ARRIVAL])) == ["a", "c"]
    assert ids(stores.journal.read([EntryKind.ARRIVAL, EntryKind.LOSS], "works")) == ["a", "b"]
    assert ids(stores.journal.read(ALL, since_ms=3000)) == ["c", "d"]
    assert ids(stores.journal.read(ALL, "")) == ["d"]
    assert ids(stores.journal.read([])) == []
    assert ids(stores.journal.read(ALL, "nowhere")) == []


def test_many_entries_in_one_call_keep_their_order(stores):
    many = [entry(f"arrival/works/{number % 7}/{number}") for number in range(5000)]
    stores.journal.append(many)
    stores.journal.append(many[::-1])
    assert ids(stores.journal.read([EntryKind.ARRIVAL])) == ids(many)


def test_a_limit_gives_the_newest_that_match_in_the_order_in_which_they_were_added(stores):
    stores.journal.append([entry("a", at_ms=2), entry("b", plant="mill", at_ms=3)])
    stores.journal.append([entry("c", kind=EntryKind.LOSS, at_ms=4), entry("e", at_ms=9), entry("d", at_ms=4)])
    arrivals = [EntryKind.ARRIVAL]
    assert ids(stores.journal.read(arrivals, limit=3)) == ["b", "d", "e"]
    assert ids(stores.journal.read(arrivals, "works", limit=2)) == ["d", "e"]
    assert ids(stores.journal.read(arrivals, "works", 2, limit=1)) == ["e"]
    assert ids(stores.journal.read(arrivals, "works", 3, limit=7)) == ["d", "e"]
    assert ids(stores.journal.read(ALL, limit=0)) == []
    assert ids(stores.journal.read(ALL, limit=None)) == ["a", "b", "c", "d", "e"]


entries = st.builds(
    entry,
    st.sampled_from("abcdefgh"),
    kind=st.sampled_from(ALL),
    plant=st.sampled_from(["works", "mill", ""]),
    at_ms=st.integers(0, 5),
    data=st.dictionaries(st.text(max_size=3), st.one_of(st.none(), st.integers(), st.text(max_size=4)), max_size=3),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(entries, max_size=6), max_size=6),
    st.sets(st.sampled_from(ALL)),
    st.integers(0, 5),
    st.one_of(st.none(), st.integers(0, 4)),
)
def test_a_journal_tells_what_the_fake_tells(open_stores, appended, kinds, since, limit):
    fake = MemoryJournal()
    with open_stores() as stores:
        for each in appended:
            stores.journal.append(each)
            fake.append(each)
        for plant in (None, "works", ""):
            asked = (sorted(kinds), plant, since)
            assert list(stores.journal.read(*asked, limit=limit)) == list(fake.read(*asked, limit=limit))
