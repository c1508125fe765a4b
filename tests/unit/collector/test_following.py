"""What comes from each gateway is followed."""

from picky_stores import group

from meterproof_collector.messages.seq_ranges import MissingRange
from meterproof_collector.road import following as module
from meterproof_collector.road.following import Following, Gap
from meterproof_core.storage import EntryKind, JournalEntry

KEY = ("plant-a", "gateway-1", "s1")


def entry(seq, at_ms, kind=EntryKind.ARRIVAL, **data):
    return JournalEntry(
        f"{kind}/{seq}", kind, "plant-a", at_ms, {"gateway": "gateway-1", "stream": "s1", "seq": seq, **data}
    )


def test_what_the_journal_holds_is_taken_up_whatever_became_of_the_batch():
    followed = Following()
    followed.take_up([entry(1, 10), entry(2, 20, EntryKind.DEAD_LETTER), entry(3, 30, EntryKind.LOSS), entry(7, 40)])
    assert followed.gaps(1000) == [Gap(*KEY, [MissingRange(4, 6, 40)])]


def test_a_dead_letter_without_a_name_tells_of_no_batch():
    followed = Following()
    followed.take_up([entry(None, 10, EntryKind.DEAD_LETTER), entry(1, 10, gateway=""), entry(1, 10, stream=None)])
    assert followed.gaps(1000) == []
    assert followed.stream_events([KEY], 0) == []


def test_a_batch_that_came_before_is_known_after_a_restart():
    followed = Following()
    followed.take_up([entry(1, 10)])
    assert [followed.came(KEY, seq, 50) for seq in (1, 2)] == [False, True]


def test_another_stream_of_a_gateway_is_told_once_with_the_one_before():
    followed = Following()
    followed.came(KEY, 1, 10)
    other = ("plant-a", "gateway-1", "s2")
    (event,) = followed.stream_events([other, KEY, other], 50)
    assert (event.data["code"], event.data["before"], event.data["stream"]) == ("new_stream", "s1", "s2")
    followed.came(other, 1, 60)
    assert followed.stream_events([other, KEY], 70) == []


def test_the_first_stream_of_a_gateway_is_no_event():
    assert Following().stream_events([KEY], 0) == []


def test_what_the_journal_says_of_an_old_stream_does_not_make_it_the_present_one():
    followed = Following()
    followed.came(("plant-a", "gateway-1", "s2"), 1, 100)
    followed.take_up([entry(1, 10)])
    (event,) = followed.stream_events([("plant-a", "gateway-1", "s3")], 200)
    assert event.data["before"] == "s2"


def test_a_point_that_two_gateways_feed_is_told_once_a_lot():
    followed = Following()
    one, other = group("main", [1]), group("main", [2])
    other = type(other)(other.plant, "gateway-2", other.stream, other.seq, other.config, other.group)
    assert followed.source_events([one], 0) == []
    followed.fed([one])
    (event,) = followed.source_events([other, one, other], 0)
    assert event.data["gateways"] == ["gateway-1", "gateway-2"]


def test_memory_of_streams_and_points_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "_MOST_STREAMS", 2)
    monkeypatch.setattr(module, "_MOST_POINTS", 2)
    followed = Following()
    for number in range(5):
        followed.came(("plant-a", f"g{number}", "s1"), 1, number)
        followed.fed([group(f"p{number}", [1])])
    assert len(followed._streams) == len(followed._stream_of) == len(followed._gateway_of) == 2
