"""Every entry gets a place in time that no other takes, and what cannot be stored is refused."""

import pytest

from meterproof_core.errors import StoreRefusedError
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.influx.journal import _remember
from meterproof_store.influx.journal_lines import NS_PER_MS, Places, journal_line


def entry(entry_id="a", kind=EntryKind.EVENT, plant="works", at_ms=5, **data):
    return JournalEntry(entry_id, kind, plant, at_ms, data)


def test_an_entry_is_a_line_with_its_nanosecond():
    line = journal_line(entry('x "y"', code="gap"), 7, "host-1")
    assert line == (
        r'journal,kind=event,plant=works,source=host-1 entry_id="\"x \\\"y\\\"\"",data="{\"code\": \"gap\"}" 5000007'
    )


def test_an_entry_of_no_plant_has_no_tag_of_it():
    assert journal_line(entry(plant=""), 0, "host").startswith("journal,kind=event,source=host ")


def test_an_arrival_is_named_by_its_stream_and_placed_by_its_number():
    told = entry(kind=EntryKind.ARRIVAL, stream="s1", seq=3 * NS_PER_MS + 42)
    places = Places(0)
    assert [places.take(told), places.take(told)] == [42, 42]
    assert ",source=s1 " in journal_line(told, 42, "host")


@pytest.mark.parametrize(
    "data", [{}, {"stream": "s1"}, {"seq": 1}, {"stream": "A b", "seq": 1}, {"stream": "s1", "seq": -1}]
)
def test_an_arrival_that_does_not_name_its_batch_is_the_writers(data):
    told = entry(kind=EntryKind.ARRIVAL, **data)
    assert ",source=host " in journal_line(told, 0, "host")
    places = Places(0)
    assert [places.take(told), places.take(told)] == [0, 1]


def test_places_of_a_writer_rise_and_start_in_the_lower_half():
    places = Places()
    taken = [places.take(entry()) for _ in range(1000)]
    assert taken == list(range(taken[0], taken[0] + 1000))
    assert 0 <= taken[0] < NS_PER_MS // 2


@pytest.mark.parametrize("at_ms", [-9_223_372_036_855, 9_223_372_036_854])
def test_a_time_that_no_count_of_nanoseconds_holds_is_refused(at_ms):
    with pytest.raises(StoreRefusedError, match=f"entry 'a': at_ms {at_ms} does not fit"):
        journal_line(entry(at_ms=at_ms), 0, "host")


@pytest.mark.parametrize("writer", ["", "a\\", "a\nb", "\x00"])
def test_a_writer_that_line_protocol_cannot_carry_is_refused(writer):
    with pytest.raises(StoreRefusedError, match=r"source .* cannot be a tag"):
        journal_line(entry(), 0, writer)


def test_a_plant_that_is_no_id_is_refused():
    with pytest.raises(StoreRefusedError, match="is not an id"):
        journal_line(entry(plant="a b"), 0, "host")


def test_memory_of_what_was_told_forgets_the_oldest(monkeypatch):
    from collections import OrderedDict

    monkeypatch.setattr("meterproof_store.influx.journal._REMEMBERED", 2)
    memory = OrderedDict()
    _remember(memory, {"a": None, "b": None, "c": None})
    assert list(memory) == ["b", "c"]
