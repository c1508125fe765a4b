"""What one delivered message is."""

import hashlib
import json

import pytest
from msgspec import structs

from meterproof_collector.messages.entries import dead_letter
from meterproof_collector.messages.intake import Accepted, Delivered, Refused, take_in
from meterproof_collector.messages.receipts import ranges, receipts
from meterproof_core.wire import MAX_PAYLOAD_BYTES, CounterSpec, Meters, PointConfig, config_digest, encode

NOW_MS = 1_800_000_000_000
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
    taken = take_in(Delivered(topic, payload), NOW_MS)
    assert isinstance(taken, Refused)
    return taken


def test_a_batch_that_makes_sense_is_accepted_with_its_topic():
    taken = take_in(Delivered(TOPIC, batch()), NOW_MS)
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
    (told,) = receipts("s1", [3, 1, 2, 9], {5: "no sense", 4: "no json", 6: "no sense"})
    assert told.stored == [(1, 3), (9, 9)]
    assert told.rejected == [(4, 4, "no json"), (5, 6, "no sense")]


def test_a_batch_of_a_later_version_is_kept_aside_and_nobody_is_told_to_delete_it():
    assert (refused(batch(v=2)).stream, refused(batch(v=2)).seq) == (None, None)


def test_a_quantity_of_a_later_version_is_kept_aside_and_nobody_is_told_to_delete_it():
    unknown = batch(groups=[{"point": "main", "quantities": ["enthalpy_mj"], "t": [1], "values": [[1]]}])
    assert (refused(unknown).stream, refused(unknown).seq) == (None, None)


def test_readings_from_the_day_after_tomorrow_are_refused():
    ahead = batch(
        groups=[{"point": "main", "quantities": ["power_active_kw"], "t": [NOW_MS + 90_000_000], "values": [[1]]}]
    )
    taken = refused(ahead)
    assert "lies 25 h ahead of our clock; at most 24 h" in taken.reason
    assert taken.seq == 7


def test_a_long_reason_is_cut_so_that_its_receipt_fits_into_a_message():
    names = [f"{'x' * 60}_{n}" for n in range(500)]
    group = {"point": "main", "quantities": names, "t": [1], "values": [[1]] * 499}
    assert len(refused(batch(groups=[group])).reason) < 320


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scale": 0.0}, "scale 0.0 is not accepted; use a number above 0"),
        ({"resolution": -1.0}, "resolution -1.0 is not accepted"),
        ({"max_rate_per_h": 0.0}, "max_rate_per_h 0.0 is not accepted"),
        ({"modulus": 0}, "modulus 0 is not accepted; use a whole number above 0 or null"),
    ],
)
def test_a_configuration_that_no_ledger_can_work_with_is_refused(change, says):
    spec = structs.replace(CounterSpec("i64", 0.001, None, 1.0, 100.0), **change)
    points = [PointConfig("main", "m", 1, 1000, ["energy_import_kwh"], {"energy_import_kwh": spec})]
    payload = encode(Meters(1, config_digest(points), points))
    assert says in refused(payload, "meterproof/v1/a/g/meters").reason


METERS = "meterproof/v1/plant-a/gateway-1/meters"
LATER_POINTS = (
    '[{"counters":{"energy_import_kwh":{"max_rate_per_h":100.0,"modulus":null,"raw_type":"i64","resolution":1.0,'
    '"scale":0.001,"seal":"abc"}},"map_version":1,"meter":"m","point":"main","poll_ms":1000,'
    '"quantities":["energy_import_kwh"]}]'
)
LATER_DIGEST = hashlib.sha256(LATER_POINTS.encode()).hexdigest()[:32]


def test_the_configuration_of_a_later_gateway_is_taken_by_its_digest_over_the_fields_that_came():
    assert LATER_DIGEST == "156ee6697df93e318da0fac3dc668b2c"
    payload = f'{{"v": 1, "config": "{LATER_DIGEST}", "points": {LATER_POINTS}}}'.encode()
    taken = take_in(Delivered(METERS, payload), 10**13)
    assert isinstance(taken, Accepted)
    assert taken.message.config == LATER_DIGEST


def test_the_configuration_of_a_later_gateway_whose_digest_is_another_is_no_accusation_and_answers_nobody():
    payload = f'{{"v": 1, "config": "{"0" * 32}", "points": {LATER_POINTS}}}'.encode()
    letter = refused(payload, METERS)
    assert "fields of a later version" in letter.reason
    assert (letter.stream, letter.seq) == (None, None)


def test_a_configuration_without_later_fields_and_with_another_digest_is_wrong():
    points = LATER_POINTS.replace(',"seal":"abc"', "")
    payload = f'{{"v": 1, "config": "{"0" * 32}", "points": {points}}}'.encode()
    assert "is not the digest of its points" in refused(payload, METERS).reason


def test_receipts_of_many_rejections_each_fit_into_a_message():
    rejected = {seq: f"reason {seq} " + "ä" * 290 for seq in range(2000)}
    told = receipts("s1", list(range(2000, 6000, 2)), rejected)
    assert all(len(encode(one)) <= MAX_PAYLOAD_BYTES for one in told)
    assert {first for one in told for first, _, _ in one.rejected} == set(rejected)
    assert [first for one in told for first, _ in one.stored] == list(range(2000, 6000, 2))


def test_nothing_to_tell_is_no_receipt():
    assert receipts("s1", [], {}) == []


@pytest.mark.parametrize("name", [{"stream": "s" * 60_000}, {"stream": "S 1"}, {"seq": 2**70}])
def test_a_name_that_no_spool_can_have_is_not_answered(name):
    taken = refused(batch(groups=[], **name))
    assert (taken.stream, taken.seq) == (None, None)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stream": "S 1"}, "stream 'S 1' is not an id"),
        ({"seq": -1}, "seq -1 is not accepted; use 0 to"),
        ({"lost": [{"point": "a b"}]}, "point 'a b' is not an id"),
        ({"lost": [{"first_ms": 9}]}, "lost 3 samples of 'main' from 9 to 2: not accepted"),
        ({"lost": [{"samples": -3}]}, "lost -3 samples of 'main' from 1 to 2: not accepted"),
        ({"lost": [{"last_ms": 10**16}]}, "lost 3 samples of 'main' from 1 to 10000000000000000: not accepted"),
    ],
)
def test_a_loss_ledger_that_makes_no_sense_is_refused(changes, says):
    good = {"point": "main", "first_ms": 1, "last_ms": 2, "samples": 3, "reason": "spool full"}
    lost = [good | one for one in changes.pop("lost", [{}])]
    payload = json.dumps({"v": 1, "stream": "s1", "seq": 7, "lost": lost} | changes).encode()
    assert says in refused(payload, TOPIC.replace("readings", "loss")).reason


def test_a_loss_ledger_that_makes_sense_is_accepted():
    lost = [{"point": "main", "first_ms": 1, "last_ms": 1, "samples": 1, "reason": "spool full"}]
    payload = json.dumps({"v": 1, "stream": "s1", "seq": 7, "lost": lost}).encode()
    assert isinstance(take_in(Delivered(TOPIC.replace("readings", "loss"), payload), NOW_MS), Accepted)
