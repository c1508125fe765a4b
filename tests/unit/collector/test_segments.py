"""Readings of a counter are cut where it became another one, and each part is counted by its kind, exactly."""

import doctest

import numpy as np
import pytest

from meterproof_collector.ledger import registers as registers_module
from meterproof_collector.ledger.registers import as_stored, exact_registers
from meterproof_collector.ledger.segments import changes, intervals_of, segments
from meterproof_core.storage import FlagRow, RawColumn, ReadingColumns
from meterproof_core.wire import CounterKind, CounterSpec
from meterproof_mv.ledger import Counter, IntervalMeter, LedgerRules

NAME = "energy_import_kwh"
RULES = LedgerRules()
MIN = 60_000
QUARTER = 15 * MIN
WH = CounterSpec("i64", 0.001, None, 1.0, 1000.0)
DEMAND = CounterSpec("u16", 0.1, None, 1.0, 1000.0, CounterKind.INTERVAL, QUARTER)
PULSES = CounterSpec("u32", 0.5, 2**32, 1.0, 1000.0, CounterKind.PULSE)


def readings(t_ms, registers, configs=None, *, flags=(), present=None):
    size = len(t_ms)
    return ReadingColumns(
        t_ms=t_ms,
        values={NAME: [float("nan")] * size},
        raw={NAME: RawColumn(registers, [True] * size if present is None else present)},
        flags=flags,
        config=["c"] * size if configs is None else configs,
        stream=["s"] * size,
        seq=[1] * size,
    )


def cut(columns, **specs):
    return segments(NAME, columns, {"c": WH, **specs}.get)


def amounts(segment):
    return intervals_of(segment, RULES).intervals.amount.tolist()


def every(minutes, count, start=0):
    return [start + minutes * MIN * i for i in range(count)]


def test_a_quantity_without_registers_has_no_segment():
    assert segments("volume_m3", readings([0], [1]), {"c": WH}.get) == []


def test_readings_under_an_unknown_configuration_are_left_out():
    assert cut(readings([0, 1], [1, 2], ["x", "x"])) == []


def test_what_is_bad_missing_or_absent_is_not_usable():
    flags = [FlagRow(0, NAME, "bad", "x"), FlagRow(1, NAME, "uncertain", "x"), FlagRow(2, "other", "bad", "x")]
    flags.append(FlagRow(3, NAME, "missing", "x"))
    (part,) = cut(readings(every(5, 5), [1, 2, 3, 4, 0], flags=flags, present=[True] * 4 + [False]))
    assert part.usable.tolist() == [False, True, True, False, False]


# ---------------------------------------------------------------- where another counter begins


@pytest.mark.parametrize(
    "other",
    [
        CounterSpec("i32", 0.001, None, 1.0, 1000.0),
        CounterSpec("i64", 0.01, None, 1.0, 1000.0),
        CounterSpec("i64", 0.001, 10**6, 1.0, 1000.0),
        CounterSpec("i64", 0.001, None, 1.0, 1000.0, CounterKind.PULSE),
        CounterSpec("i64", 0.001, None, 1.0, 1000.0, CounterKind.INTERVAL, QUARTER),
        CounterSpec("i64", 0.001, None, 1.0, 1000.0, serial="4711"),
    ],
)
def test_another_register_begins_another_segment_and_that_is_told(other):
    columns = readings(every(5, 8), list(range(8)), ["c"] * 4 + ["d"] * 4)
    parts = cut(columns, d=other)
    assert [part.t_ms.tolist() for part in parts] == [every(5, 4), every(5, 4, start=20 * MIN)]
    assert [part.after_other for part in parts] == [False, True]
    (told,) = changes(parts)
    assert (told.code, told.t_ms, told.data) == ("configuration_changed", 20 * MIN, {"before_ms": 15 * MIN})


def test_an_interval_meter_of_another_length_or_offset_is_another_register():
    other = CounterSpec("u16", 0.1, None, 1.0, 1000.0, CounterKind.INTERVAL, QUARTER, 5 * MIN)
    longer = CounterSpec("u16", 0.1, None, 1.0, 1000.0, CounterKind.INTERVAL, 2 * QUARTER)
    columns = readings(every(5, 3), [1, 1, 1], ["c", "d", "e"])
    assert len(segments(NAME, columns, {"c": DEMAND, "d": other, "e": longer}.get)) == 3


def test_a_limit_that_somebody_changed_begins_no_segment_and_the_looser_one_holds():
    wider = CounterSpec("i64", 0.001, None, 2.0, 5000.0)
    (part,) = cut(readings(every(5, 4), list(range(4)), ["c", "c", "d", "d"]), d=wider)
    assert part.counter == Counter(0.001, None, 2.0, 5000.0)


def test_an_unknown_configuration_between_two_known_ones_cuts():
    parts = cut(readings(every(5, 6), list(range(6)), ["c", "c", "x", "y", "c", "c"]))
    assert [len(part.t_ms) for part in parts] == [2, 2]


# ---------------------------------------------------------------- by kind


def test_a_cumulative_register_is_subtracted():
    (part,) = cut(readings(every(15, 3), [1000, 2500, 3500]))
    assert amounts(part) == pytest.approx([1.5, 1.0])


def test_a_floating_register_brings_its_own_steps():
    for raw_type, bits in (("f32", 24), ("f64", 53), ("u32", None)):
        (part,) = cut(readings([0], [1.0]), c=CounterSpec(raw_type, 1.0, None, 0.01, 9.0))
        assert part.counter.significand_bits == bits


def test_a_pulse_input_never_steps_back():
    (part,) = cut(readings(every(5, 8), [3, 3, 3, 0, 0, 1, 2, 3]), c=PULSES)
    assert part.counter.never_steps_back
    assert [event.code for event in intervals_of(part, RULES).events] == ["reset"]
    (other,) = cut(readings(every(5, 8), [3, 3, 3, 0, 0, 1, 2, 3]))
    assert [event.code for event in intervals_of(other, RULES).events] == ["step_back"]


def test_a_finished_interval_is_taken_as_it_is_shown():
    (part,) = cut(readings(every(5, 7, start=2 * MIN), [120, 120, 120, 80, 80, 80, 7]), c=DEMAND)
    assert part.counter == IntervalMeter(0.1, QUARTER, 1.0, 1000.0)
    assert amounts(part) == [12.0, 8.0]


def test_two_interval_meters_never_tell_of_the_same_interval():
    finer = CounterSpec("u16", 0.01, None, 1.0, 1000.0, CounterKind.INTERVAL, QUARTER)
    columns = readings(every(5, 12, start=2 * MIN), [120] * 4 + [800] * 8, ["c"] * 4 + ["d"] * 8)
    before, after = segments(NAME, columns, {"c": DEMAND, "d": finer}.get)
    assert intervals_of(before, RULES).intervals.end_ms.tolist() == [0]
    # the change at minute 22 falls into the interval from 15 to 30: nobody counted it alone
    assert intervals_of(after, RULES).intervals.start_ms.tolist() == [2 * QUARTER]


# ---------------------------------------------------------------- every digit


def test_a_mixture_of_types_keeps_every_digit():
    big = 2**53 + 1
    whole = CounterSpec("u64", 0.001, None, 1.0, 1e9)
    double = CounterSpec("f64", 1.0, None, 0.001, 1e9)
    columns = readings(every(15, 6), [big, big + 1000, big + 3000, 0.5, 1.5, 3.5], ["c"] * 3 + ["d"] * 3)
    parts = segments(NAME, columns, {"c": whole, "d": double}.get)
    assert parts[0].registers.tolist() == [big, big + 1000, big + 3000]
    assert [amounts(part) for part in parts] == [[1.0, 2.0], [1.0, 2.0]]


@pytest.mark.parametrize(
    ("raw_type", "given", "values", "held"),
    [
        ("i64", [-(2**63), -1, 2**63 - 1], [-(2**63), -1, 2**63 - 1], [True] * 3),
        ("u64", [0, 2**63, 2**64 - 1], [0, 2**63, 2**64 - 1], [True] * 3),
        ("u64", [2**64 - 1, 1.0, -1, 0.5], [2**64 - 1, 1, 0, 0], [True, True, False, False]),
        ("i64", [2**63, 1.0, float("nan"), float("inf")], [0, 1, 0, 0], [False, True, False, False]),
        ("f64", [5, 0.5], [5.0, 0.5], [True, True]),
        ("u16", [], [], []),
    ],
)
def test_a_register_is_what_its_type_can_hold(raw_type, given, values, held):
    exact = exact_registers(as_stored(given), raw_type)
    assert (exact.values.tolist(), exact.held.tolist()) == (values, held)
    assert exact.values.dtype.kind == ("f" if raw_type == "f64" else "u" if max(values, default=0) >= 2**63 else "i")


def test_an_array_from_a_store_is_taken_as_it_is():
    for array in (np.array([1, 2]), np.array([2**63], np.uint64), np.array([0.5])):
        assert as_stored(array) is array


def test_the_examples_hold():
    result = doctest.testmod(registers_module)
    assert (result.failed, result.attempted > 0) == (0, True)
