"""What somebody should know or do names the thing, since when, and what to do."""

from meterproof_collector.messages.seq_ranges import MissingRange
from meterproof_collector.road.dead_letters import DeadLetter
from meterproof_collector.road.following import Gap
from meterproof_collector.road.storing import StoreTrouble, Trouble
from meterproof_collector.watching.alarms import (
    broker_alarm,
    gap_alarms,
    letter_alarms,
    loss_alarms,
    point_alarms,
    stopped_alarm,
    store_alarm,
    unknown_plant_alarms,
)
from meterproof_core.storage import EntryKind, JournalEntry


def loss(at_ms, *lost, gateway="gw"):
    data = {
        "gateway": gateway,
        "lost": [{"point": point, "samples": samples, "reason": reason} for point, samples, reason in lost],
    }
    return JournalEntry(f"loss/{at_ms}", EntryKind.LOSS, "plant-a", at_ms, data)


def letter(at_ms, plant="plant-a", replays=()):
    entry = JournalEntry(f"d/{at_ms}", EntryKind.DEAD_LETTER, plant, at_ms, {"reason": f"reason {at_ms}"})
    return DeadLetter(entry, replays)


def test_losses_are_summed_by_gateway_and_reason():
    found = loss_alarms([loss(5, ("a", 3, "spool full"), ("b", 4, "spool full")), loss(9, ("a", 1, "spool full"))])
    assert [(one.code, one.thing, one.since_ms) for one in found] == [("loss", "plant-a/gw", 5)]
    assert found[0].what == "8 samples of a, b: spool full"
    assert not found[0].is_failure


def test_a_loss_of_many_points_names_some_of_them():
    (found,) = loss_alarms([loss(5, *((f"p{number}", 1, "r") for number in range(9)))])
    assert found.what == "9 samples of p0, p1, p2, p3, p4 and 4 more: r"


def test_dead_letters_that_were_taken_care_of_are_no_alarm():
    assert letter_alarms([letter(1, replays=("stored",)), letter(2, replays=("refused", "partly stored"))]) == []


def test_dead_letters_are_told_by_plant_with_the_last_reason():
    one, other = letter_alarms([letter(3), letter(5, plant=""), letter(7, replays=("refused",))])
    assert (one.thing, one.since_ms) == ("no plant", 5)
    assert (other.thing, other.since_ms, other.what) == (
        "plant-a",
        3,
        "2 could not be stored; the last: reason 7",
    )


def test_a_gap_names_its_stream_and_ranges():
    (found,) = gap_alarms([Gap("p", "g", "s", [MissingRange(4, 4, 70), MissingRange(8, 12, 60)])])
    assert (found.code, found.thing, found.since_ms) == ("gap", "p/g/s", 60)
    assert found.what == "missing seq 4, 8 to 12"


def test_what_keeps_the_collector_from_its_work_is_a_failure_and_the_rest_is_not():
    failing = [
        broker_alarm("mqtt://b", 1),
        stopped_alarm(1),
        store_alarm(StoreTrouble(Trouble.AWAY, 1, "gone")),
        store_alarm(StoreTrouble(Trouble.ACCESS, 1, "401")),
    ]
    assert all(one.is_failure for one in failing)
    others = [
        store_alarm(StoreTrouble(Trouble.REFUSES, 1, "no")),
        *point_alarms(["p/a"], {"p/b": "TypeError"}),
        *unknown_plant_alarms({"nobody": 3}),
    ]
    assert [one.code for one in others] == [
        "store_refuses",
        "configuration_missing",
        "intervals_missing",
        "unknown_plant",
    ]
    assert not any(one.is_failure for one in others)
    assert all(one.remedy and one.what and one.as_data()["code"] == one.code for one in [*failing, *others])
