"""Each check of a batch, by the sentence that it answers with."""

import math
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.errors import WireError
from meterproof_core.validation import check_batch
from meterproof_core.wire import Batch, ClockState, Group, Level, MessageKind, decode, encode

KWH, KW = "energy_import_kwh", "power_active_kw"


def batch(**changed):
    whole = Batch(1, "0b7f4c2e", 7, "c", ClockState.SYNCED, [samples()])
    return msgspec.structs.replace(whole, **changed)


def samples(**changed):
    whole = Group("boiler-1", [KWH, KW], [1000, 2000], [[1.0, 2.0], [3.0, 4.0]], {KWH: [100, 200]})
    return msgspec.structs.replace(whole, **changed)


def assert_refused(bad, sentence):
    with pytest.raises(WireError) as refused:
        check_batch(bad)
    assert str(refused.value).startswith(sentence)


def test_a_batch_that_makes_sense_is_taken():
    check_batch(batch())
    check_batch(batch(seq=0, groups=[samples(), samples(point="boiler-2")]))
    check_batch(batch(seq=2**63 - 1))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"seq": -1}, "seq -1 is negative; use 0 or more"),
        ({"seq": 2**63}, "seq 9223372036854775808 is above 9223372036854775807; count from 0"),
        ({"stream": "A b"}, "stream 'A b' is not an id; use 1 to 64 of a-z, 0-9 and '-'"),
        ({"groups": []}, "batch has no group; send at least one"),
        ({"groups": [samples(), samples()]}, "a point occurs twice among ['boiler-1', 'boiler-1']; send one group a"),
    ],
)
def test_a_batch_without_sense_is_refused(changed, sentence):
    assert_refused(batch(**changed), sentence)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"point": "Boiler 1"}, "point 'Boiler 1' is not an id"),
        ({"quantities": ["Energy", KW]}, "quantity 'Energy' is not a name; use a-z, 0-9 and '_', starting with a le"),
        ({"quantities": ['a"; drop', KW]}, "quantity 'a\"; drop' is not a name"),
        ({"quantities": [], "values": [], "raw": {}}, "quantities [] are empty or repeat a name; send each once"),
        ({"quantities": [KW, KW], "raw": {}}, f"quantities ['{KW}', '{KW}'] are empty or repeat a name"),
        ({"t": []}, "t is empty; send at least one instant"),
        ({"t": [1000, 1000]}, "t does not strictly rise above 0; sort it and send each instant once"),
        ({"t": [2000, 1000]}, "t does not strictly rise above 0"),
        ({"t": [0, 1000]}, "t does not strictly rise above 0"),
        ({"t": [-5, 1000]}, "t does not strictly rise above 0"),
        (
            {"t": [1000, 9_214_646_400_000]},
            "t reaches 9214646400000, 2262 or later, where a 64-bit count of ns ends; s",
        ),
        ({"t": [1000, 10**30]}, f"t reaches {10**30}, 2262 or later"),
        ({"values": [[1.0, 2.0]]}, "1 value columns for 2 quantities; send one column a quantity"),
        ({"values": [[1.0, 2.0], [3.0]]}, f"{KW} has 1 values for 2 instants; send one an instant"),
        ({"values": [[1.0, 2.0, 3.0], [3.0, 4.0]]}, f"{KWH} has 3 values for 2 instants"),
        ({"values": [[1.0, math.nan], [3.0, 4.0]]}, f"{KWH} holds a value that is not finite; send null with an entr"),
        ({"values": [[1.0, 2.0], [math.inf, 4.0]]}, f"{KW} holds a value that is not finite"),
        ({"values": [[1.0, 2.0], [None, -math.inf]]}, f"{KW} holds a value that is not finite"),
        ({"values": [[1.0, None], [3.0, 4.0]]}, f"{KWH} at row 1 is null without an entry in q; say why"),
        (
            {"values": [[1.0, None], [None, 4.0]], "q": [(1, 0, "missing", "timeout")]},
            f"{KW} at row 0 is null without an entry in q",
        ),
        ({"raw": {"volume_m3": [1, 2]}}, f"raw 'volume_m3' is not among the quantities ['{KWH}', '{KW}']"),
        ({"raw": {KWH: [1]}}, f"raw '{KWH}' has 1 registers for 2 instants; send one an instant"),
        (
            {"raw": {KWH: [1, 2**64]}},
            f"raw '{KWH}' holds 18446744073709551616; use -9223372036854775808 to 18446744073",
        ),
        ({"raw": {KWH: [-(2**63) - 1, 1]}}, f"raw '{KWH}' holds -9223372036854775809; use"),
        ({"raw": {KWH: [None, 2**64]}}, f"raw '{KWH}' holds 18446744073709551616"),
        ({"raw": {KWH: [[1, 2**64], 5]}}, f"raw '{KWH}' holds 18446744073709551616"),
        ({"q": [(2, 0, "bad", "limit")]}, "q entry [2, 0] lies outside 2 rows and 2 columns"),
        ({"q": [(0, 2, "bad", "limit")]}, "q entry [0, 2] lies outside 2 rows and 2 columns"),
        ({"q": [(-1, 0, "bad", "limit")]}, "q entry [-1, 0] lies outside"),
        ({"q": [(0, -1, "bad", "limit")]}, "q entry [0, -1] lies outside"),
        ({"q": [(0, 0, "good", "limit")]}, "q level 'good' unknown; use uncertain, bad, missing"),
        ({"q": [(0, 0, "bad", "")]}, "q entry [0, 0] has no reason; give one"),
    ],
)
def test_a_group_without_sense_is_refused_with_the_point_the_thing_and_what_is_accepted(changed, sentence):
    bad = samples(**changed)
    assert_refused(batch(groups=[samples(point="fine"), bad]), f"group {bad.point!r}: {sentence}")


@pytest.mark.parametrize(
    "changed",
    [
        {"values": [[1.0, None], [3.0, 4.0]], "q": [(1, 0, "missing", "timeout")]},
        {"values": [[1.0, 2.0], [9e9, 4.0]], "q": [(0, 1, "bad", "limit"), (0, 1, "uncertain", "drift")]},
        {"t": [1, 9_214_646_399_999]},
        {"raw": {}},
        {"raw": {KWH: [-(2**63), 2**64 - 1], KW: [1.5, 1e308]}},
        {"raw": {KWH: [None, [3, 12.5, 7]]}},
        {"raw": {KWH: [[], None]}},
        {"values": [[1.0, 2.0], [-0.0, 1.7e308]]},
    ],
)
def test_what_is_unusual_but_makes_sense_is_taken(changed):
    check_batch(batch(groups=[samples(**changed)]))


def test_the_last_accepted_instant_fits_a_count_of_nanoseconds_with_days_to_spare():
    last_ms = 9_214_646_399_999
    assert datetime.fromtimestamp((last_ms + 1) / 1000, UTC) == datetime(2262, 1, 1, tzinfo=UTC)
    assert (last_ms + 7 * 86_400_000) * 10**6 < 2**63


@st.composite
def sensible_batches(draw):
    def group(point):
        t = sorted(draw(st.sets(st.integers(1, 10**12), min_size=1, max_size=5)))
        value = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
        columns = [draw(st.lists(value, min_size=len(t), max_size=len(t))) for _ in range(2)]
        q = [
            (row, column, draw(st.sampled_from(Level)).value, "timeout")
            for column, values in enumerate(columns)
            for row, value in enumerate(values)
            if value is None
        ]
        raw = st.one_of(st.none(), st.integers(-(2**63), 2**64 - 1), st.floats(-1e300, 1e300))
        return Group(point, [KWH, KW], t, columns, {KWH: draw(st.lists(raw, min_size=len(t), max_size=len(t)))}, q)

    points = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True))
    return batch(groups=[group(point) for point in points])


@given(sensible_batches())
def test_every_sensible_batch_passes_before_and_after_the_wire(sent):
    check_batch(sent)
    check_batch(decode(MessageKind.READINGS, encode(sent)))
