"""What is no message of ours, and that whatever is sent comes out as it went in."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.errors import WireError
from meterproof_core.wire import (
    MAX_PAYLOAD_BYTES,
    Batch,
    ClockState,
    CounterSpec,
    Group,
    Level,
    Loss,
    LostRange,
    MessageKind,
    Meters,
    PointConfig,
    Receipt,
    Status,
    Topic,
    decode,
    encode,
    parse_topic,
)

# ---------------------------------------------------------------- topics


@pytest.mark.parametrize("kind", MessageKind)
def test_a_topic_reads_as_it_is_written(kind):
    text = f"meterproof/v1/steel-works/gw-1/{kind.value}"
    assert parse_topic(text) == Topic("steel-works", "gw-1", kind)
    assert str(Topic("steel-works", "gw-1", kind)) == text


@pytest.mark.parametrize(
    ("topic", "sentence"),
    [
        ("", r"topic '' is not meterproof/v1/<plant>/<gateway>/<kind>"),
        ("meterproof/v1/works/readings", "is not meterproof/v1/"),
        ("meterproof/v1/works/gw/readings/more", "is not meterproof/v1/"),
        ("meterproof/v2/works/gw/readings", "is not meterproof/v1/"),
        ("other/v1/works/gw/readings", "is not meterproof/v1/"),
        ("/v1/works/gw/readings", "is not meterproof/v1/"),
        ("meterproof/v1/Works/gw/readings", "plant 'Works' is not an id; use 1 to 64 of a-z, 0-9"),
        ("meterproof/v1/+/gw/readings", r"plant '\+' is not an id"),
        ("meterproof/v1/works//readings", "gateway '' is not an id"),
        ("meterproof/v1/works/gw_1/readings", "gateway 'gw_1' is not an id"),
        (
            "meterproof/v1/works/gw/Readings",
            "kind 'Readings' unknown; use readings, meters, status, loss, attest, rece",
        ),
        ("meterproof/v1/works/gw/", "kind '' unknown"),
    ],
)
def test_a_topic_that_is_none_of_ours_is_refused_with_what_is_wrong(topic, sentence):
    with pytest.raises(WireError, match=sentence):
        parse_topic(topic)


# ---------------------------------------------------------------- payloads


def readings(*, v="1", stream='"s"', seq="0", clock='"synced"', t="[1]", values="[[1.5]]", raw="{}", q="[]", more=""):
    return (
        f'{{"v":{v},"stream":{stream},"seq":{seq},"config":"c","clock":{clock},"groups":[{{"point":"p",'
        f'"quantities":["a_kwh"],"t":{t},"values":{values},"raw":{raw},"q":{q}}}]{more}}}'
    ).encode()


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"", "readings: Input data was truncated"),
        (b"hello", "readings: JSON is malformed"),
        (b"\xff\xfe", "readings: JSON is malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b"{}", "missing required field `v`"),
        (readings() + b"x", "trailing characters"),
        (readings(stream='"\xff"').decode().encode("latin-1"), "utf-8"),
        (readings(stream=r'"\ud800"'), "surrogate"),
        (readings(v="2"), "readings: version 2 unknown; this program reads 1"),
        (readings(v="true"), r"Expected `int`, got `bool` - at `\$\.v`"),
        (readings(seq="1.0"), r"Expected `int`, got `float` - at `\$\.seq`"),
        (readings(seq="9" * 5000), "out of range"),
        (readings(clock='"unknown"'), r"Invalid enum value 'unknown' - at `\$\.clock`"),
        (readings(t="[1.5]"), r"Expected `int`, got `float` - at `\$\.groups\[0\]\.t\[0\]`"),
        (readings(t="[true]"), "Expected `int`, got `bool`"),
        (readings(values="[[true]]"), r"Expected `float \| null`, got `bool`"),
        (readings(values='[["1"]]'), "got `str`"),
        (readings(values="[[NaN]]"), "malformed"),
        (readings(values="[[Infinity]]"), "malformed"),
        (readings(values="[[1e999]]"), "out of range"),
        (readings(values="[[-1e999]]"), "out of range"),
        (readings(values=f"[[{'9' * 400}]]"), "out of range"),
        (readings(raw='{"a_kwh":[true]}'), "got `bool`"),
        (readings(raw='{"a_kwh":[1e999]}'), "out of range"),
        (readings(raw='{"a_kwh":["1"]}'), "got `str`"),
        (readings(raw='{"a_kwh":[[1,[2]]]}'), r"Expected `int \| float`, got `array`"),
        (readings(q='[[0,0,"bad"]]'), "Expected `array` of length 4"),
        (readings(q='[[0,0,1,"x"]]'), "Expected `str`, got `int`"),
        (readings(more=',"later":' + "[" * 20_000 + "]" * 20_000), "recursion"),
    ],
)
def test_a_payload_without_the_form_of_its_kind_is_refused_with_the_place(payload, sentence):
    with pytest.raises(WireError, match=sentence):
        decode(MessageKind.READINGS, payload)


def test_a_payload_is_refused_for_its_length_before_it_is_looked_at():
    with pytest.raises(WireError, match=r"readings: payload of 65537 bytes; at most 65536 are accepted"):
        decode(MessageKind.READINGS, b" " * (MAX_PAYLOAD_BYTES + 1))
    with pytest.raises(WireError, match="truncated"):
        decode(MessageKind.READINGS, b" " * MAX_PAYLOAD_BYTES)


def test_a_kind_that_is_not_read_yet_is_said_so():
    with pytest.raises(WireError, match="attest: messages of this kind are not read yet; use readings, meters"):
        decode(MessageKind.ATTEST, b"{}")


def test_a_whole_number_is_taken_for_a_value():
    batch = decode(MessageKind.READINGS, readings(values="[[5]]"))
    assert batch.groups[0].values == [[5.0]]
    assert isinstance(batch.groups[0].values[0][0], float)


# ---------------------------------------------------------------- round trips

finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(-(2**63), 2**64 - 1)
number = st.one_of(whole, finite)
instants = st.integers(0, 2**53)
names = st.text(max_size=12)
registers = st.one_of(st.none(), number, st.lists(number, max_size=3))
groups = st.builds(
    Group,
    names,
    st.lists(names, max_size=3),
    st.lists(instants, max_size=4),
    st.lists(st.lists(st.one_of(st.none(), finite), max_size=4), max_size=3),
    st.dictionaries(names, st.lists(registers, max_size=4), max_size=2),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(Level), names), max_size=3),
)
counters = st.builds(CounterSpec, names, finite, st.one_of(st.none(), st.integers(1, 2**64)), finite, finite)
points = st.builds(
    PointConfig,
    names,
    names,
    st.integers(0, 99),
    st.integers(0, 10**6),
    st.lists(names, max_size=3),
    st.dictionaries(names, counters, max_size=2),
)
lost = st.builds(LostRange, names, instants, instants, st.integers(0, 10**9), names)
sequence = st.integers(0, 2**63 - 1)
messages = st.one_of(
    st.tuples(
        st.just(MessageKind.READINGS),
        st.builds(Batch, st.just(1), names, sequence, names, st.sampled_from(ClockState), st.lists(groups, max_size=3)),
    ),
    st.tuples(st.just(MessageKind.METERS), st.builds(Meters, st.just(1), names, st.lists(points, max_size=3))),
    st.tuples(
        st.just(MessageKind.RECEIPTS),
        st.builds(
            Receipt,
            st.just(1),
            names,
            st.lists(st.tuples(sequence, sequence), max_size=3),
            st.lists(st.tuples(sequence, sequence, names), max_size=3),
        ),
    ),
    st.tuples(
        st.just(MessageKind.STATUS),
        st.builds(Status, st.just(1), st.booleans(), instants, names, names, st.integers(0, 10**6)),
    ),
    st.tuples(st.just(MessageKind.LOSS), st.builds(Loss, st.just(1), names, sequence, st.lists(lost, max_size=3))),
)


@given(messages)
def test_whatever_is_sent_comes_out_as_it_went_in(sent):
    kind, message = sent
    assert decode(kind, encode(message)) == message


@given(messages, st.integers(0, 300), st.integers(0, 20), st.binary(max_size=20))
def test_no_payload_makes_the_reader_fail_in_any_other_way(sent, at, cut, put_in):
    kind, message = sent
    payload = encode(message)
    with suppress(WireError):
        decode(kind, payload[:at] + put_in + payload[at + cut :])


@pytest.mark.parametrize(("interval_ms", "offset_ms"), [(0, 0), (-1, 0), (900_000, 900_000), (900_000, -1)])
def test_an_interval_meter_without_a_sound_interval_is_refused(interval_ms, offset_ms):
    spec = {"raw_type": "u16", "scale": 0.1, "modulus": None, "resolution": 1.0, "max_rate_per_h": 9.0}
    spec |= {"kind": "interval", "interval_ms": interval_ms, "interval_offset_ms": offset_ms}
    point = {"point": "p", "meter": "m", "map_version": 1, "poll_ms": 1, "quantities": ["e"], "counters": {"e": spec}}
    payload = msgspec.json.encode({"v": 1, "config": "c", "points": [point]})
    with pytest.raises(WireError, match=f"interval_ms {interval_ms} with interval_offset_ms {offset_ms}; use a length"):
        decode(MessageKind.METERS, payload)
