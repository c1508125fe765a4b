"""What one delivered message is."""

import json

import pytest

from meterproof_collector.intake import Accepted, Delivered, Refused, dead_letter, ranges, receipt, take_in

TOPIC = "meterproof/v1/kr-steel/gateway-1/readings"


def batch(**changes):
    message = {
        "v": 1,
        "stream": "s1",
        "seq": 7,
        "config": "c1",
        "clock": "synced",
        "groups": [{"point": "main", "quantities": ["power_active_kw"], "t": [1000], "values": [[1.5]]}],
    }
    return json.dumps(message | changes).encode()


def refused(payload, topic=TOPIC) -> Refused:
    taken = take_in(Delivered(topic, payload))
    assert isinstance(taken, Refused)
    return taken


def test_a_batch_that_makes_sense_is_accepted_with_its_topic():
    taken = take_in(Delivered(TOPIC, batch()))
    assert isinstance(taken, Accepted)
    assert (taken.topic.plant, taken.topic.gateway, taken.message.seq) == ("kr-steel", "gateway-1", 7)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"not json", "readings: JSON is malformed"),
        (b"\xff\xfe", "readings: "),
        (b"[1, 2]", "Expected `object`"),
        (b'{"x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "maximum recursion depth"),
        (b"{}", "missing required field"),
        (batch(v=2), "version 2 unknown; this program reads 1"),
        (batch(seq="7"), "Expected `int`"),
        (batch(groups=[]), "no group"),
        (
            batch(groups=[{"point": "main", "quantities": ["powr_active_kw"], "t": [1], "values": [[1]]}]),
            "quantity 'powr_active_kw' unknown; did you mean power_active_kw",
        ),
        (b" " * 70_000, "payload of 70000 bytes; at most 65536"),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused_with_the_rule(payload, says):
    assert says in refused(payload).reason


def test_a_refused_batch_keeps_its_name_where_it_can_still_be_read():
    assert (refused(batch(groups=[])).stream, refused(batch(groups=[])).seq) == ("s1", 7)
    assert (refused(b"not json").stream, refused(b"not json").seq) == (None, None)


@pytest.mark.parametrize("topic", ["other/thing", "meterproof/v1/A/g/readings", "meterproof/v1/a/g/nonsense"])
def test_a_topic_that_is_none_of_ours_is_refused(topic):
    taken = refused(batch(), topic)
    assert taken.topic is None
    assert repr(topic) in taken.reason


def test_a_configuration_whose_digest_is_not_its_own_is_refused():
    payload = json.dumps({"v": 1, "config": "forged", "points": []}).encode()
    assert "'forged' is not the digest" in refused(payload, "meterproof/v1/a/g/meters").reason


def test_a_dead_letter_holds_what_is_needed_to_replay_it_and_is_the_same_twice():
    first, second = (dead_letter(refused(b"not json"), at_ms) for at_ms in (1, 2))
    assert first.entry_id == second.entry_id
    assert first.plant == "kr-steel"
    assert first.data["payload_base64"] == "bm90IGpzb24="
    assert first.data["topic"] == TOPIC


def test_two_messages_that_differ_make_two_dead_letters():
    assert dead_letter(refused(b"a"), 1).entry_id != dead_letter(refused(b"b"), 1).entry_id


def test_ranges_of_nothing_are_empty():
    assert ranges([]) == []


def test_a_receipt_tells_stored_ranges_and_each_rejection_with_its_reason():
    told = receipt("s1", [3, 1, 2, 9], {5: "no sense", 4: "no json"})
    assert told.stored == [(1, 3), (9, 9)]
    assert told.rejected == [(4, 4, "no json"), (5, 5, "no sense")]
