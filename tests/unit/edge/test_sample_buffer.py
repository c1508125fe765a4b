import pytest
from hypothesis import given
from hypothesis import strategies as st
from spooling import COUNTER, GAUGE, sample

from meterproof_core.errors import StoreError
from meterproof_core.validation import check_batch
from meterproof_core.wire import MAX_PAYLOAD_BYTES, Batch, ClockState, Group, LostRange, decode, encode
from meterproof_edge.sample import Sample
from meterproof_edge.sample_buffer import BufferLimits, SampleBuffer


class Ticker:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def batch_of(groups: list[Group]) -> Batch:
    """Return the groups as they would travel, checked."""
    payload = encode(Batch(1, "a" * 32, 2**53, "c" * 32, ClockState.HOLDOVER, groups))
    assert len(payload) <= MAX_PAYLOAD_BYTES
    batch = decode("readings", payload)
    check_batch(batch)
    return batch


def filled(*samples: Sample, limits: BufferLimits | None = None) -> SampleBuffer:
    buffer = SampleBuffer(Ticker(), limits)
    for one in samples:
        buffer.add(one)
    return buffer


def test_an_empty_buffer_is_never_due_and_gives_nothing():
    buffer = SampleBuffer(Ticker())
    assert not buffer.due(1e9)
    assert buffer.take() == []


def test_samples_of_a_point_become_columns_with_their_raw_registers_and_flags():
    buffer = filled(sample(1000, counter=7), sample(2000, counter=8, gauge=None))
    assert buffer.take() == [
        [
            Group(
                "furnace",
                [COUNTER, GAUGE],
                [1000, 2000],
                [[0.007, 0.008], [0.5, None]],
                {COUNTER: [7, 8]},
                [(1, 1, "missing", "sentinel")],
            )
        ]
    ]
    assert buffer.take() == []


def test_each_point_has_one_group_in_a_batch():
    buffer = filled(sample(1000, point="a"), sample(1000, point="b"), sample(2000, point="a"))
    assert [[(group.point, group.t) for group in batch] for batch in buffer.take()] == [
        [("a", [1000, 2000]), ("b", [1000])]
    ]


@pytest.mark.parametrize("t_ms", [1000, 999], ids=["the same instant", "a step back"])
def test_an_instant_that_does_not_rise_begins_a_new_batch(t_ms):
    buffer = filled(sample(1000), sample(t_ms))
    assert [batch[0].t for batch in buffer.take()] == [[1000], [t_ms]]


def test_a_change_of_quantities_begins_a_new_batch():
    buffer = filled(sample(1000), Sample("furnace", 2000, (GAUGE,), (0.25,), {}))
    assert [batch[0].quantities for batch in buffer.take()] == [[COUNTER, GAUGE], [GAUGE]]


def test_a_counter_whose_register_is_missing_once_keeps_its_rows_aligned():
    missing = Sample("furnace", 2000, (COUNTER, GAUGE), (None, 0.5), {}, ((0, "missing", "sentinel"),))
    late = filled(missing, sample(3000, counter=9)).take()
    early = filled(sample(1000, counter=7), missing).take()
    assert late[0][0].raw == {COUNTER: [None, 9]}
    assert early[0][0].raw == {COUNTER: [7, None]}
    batch_of(late[0])
    batch_of(early[0])


def test_it_is_due_once_the_oldest_sample_is_a_second_old_and_not_before():
    clock = Ticker()
    buffer = SampleBuffer(clock)
    clock.now = 10.0
    buffer.add(sample(1000))
    clock.now = 10.9
    buffer.add(sample(2000))
    assert not buffer.due(10.99)
    assert buffer.due(11.0)
    buffer.take()
    assert not buffer.due(11.0)


def test_it_is_due_when_a_batch_is_full_of_rows():
    buffer = filled(sample(1000), sample(2000), limits=BufferLimits(max_rows=2))
    assert buffer.due(0.0)
    buffer.add(sample(3000))
    assert [batch[0].t for batch in buffer.take()] == [[1000, 2000], [3000]]


def test_a_group_that_would_pass_the_longest_payload_is_split_without_losing_a_row():
    wide = tuple(f"voltage_{index}_v" for index in range(40))
    samples = [Sample("furnace", 1000 + row, wide, (-1.7976931348623157e308,) * 40, {}) for row in range(200)]
    buffer = filled(*samples)
    assert buffer.due(0.0)
    batches = buffer.take()
    assert len(batches) > 1
    assert [t for batch in batches for t in batch_of(batch).groups[0].t] == [one.t_ms for one in samples]


def test_registers_that_come_late_are_counted_with_the_nulls_before_them():
    counters = tuple(f"energy_import_l{phase}_kwh" for phase in range(8))
    longest = (-1.7976931348623157e308,) * 8
    for rows in range(240, 280):  # around where the batch is full
        bare = [Sample("furnace", 10**12 + row, counters, longest, {}) for row in range(rows)]
        late = Sample("furnace", 9 * 10**12, counters, longest, dict.fromkeys(counters, 2**64 - 1))
        batches = filled(*bare, late).take()
        assert max(len(encode(batch_of(batch))) for batch in batches) <= BufferLimits().max_bytes


def full_disk(_: object) -> None:
    raise StoreError("no room")


def test_while_the_spool_cannot_be_written_the_last_batch_goes_on_being_filled():
    buffer = SampleBuffer(Ticker())
    for n in range(1, 4):
        buffer.add(sample(1000 * n))
        with pytest.raises(StoreError):
            buffer.flush(full_disk)
    assert [batch[0].t for batch in buffer.take()] == [[1000, 2000, 3000]]


def test_what_the_spool_could_not_take_is_kept():
    buffer = filled(sample(1000))
    with pytest.raises(StoreError):
        buffer.flush(full_disk)
    stored: list[list[Group]] = []
    assert buffer.flush(stored.extend) == 1
    assert [batch[0].t for batch in stored] == [[1000]]
    assert buffer.flush(stored.extend) == 0


def test_a_buffer_that_nobody_empties_gives_up_its_oldest_batch_and_names_it():
    buffer = filled(*(sample(1000 * n) for n in range(1, 7)), limits=BufferLimits(max_rows=1, max_batches=2))
    assert [batch[0].t[0] for batch in buffer.take()] == [4000, 5000, 6000]  # two full ones and the open one
    recorded: list[LostRange] = []
    buffer.flush_losses(recorded.extend)
    buffer.flush_losses(recorded.extend)
    (lost,) = recorded
    assert (lost.point, lost.first_ms, lost.last_ms, lost.samples) == ("furnace", 1000, 3000, 3)
    assert "given up" in lost.reason


def test_losses_that_could_not_be_written_down_are_kept():
    buffer = filled(*(sample(1000 * n) for n in range(1, 7)), limits=BufferLimits(max_rows=1, max_batches=2))
    with pytest.raises(StoreError):
        buffer.flush_losses(full_disk)
    recorded: list[LostRange] = []
    buffer.flush_losses(recorded.extend)
    assert [lost.samples for lost in recorded] == [3]


_floats = st.floats(allow_nan=False, allow_infinity=False)
_reasons = st.sampled_from(["sentinel", "ü" * 8, "\x00\x01", '"\\'])
_names = st.sampled_from([(COUNTER,), (GAUGE,), (COUNTER, GAUGE)])


@st.composite
def _samples(draw: st.DrawFn) -> Sample:
    quantities = draw(_names)
    values = tuple(draw(st.one_of(st.none(), _floats)) for _ in quantities)
    flags = tuple((column, "bad", draw(_reasons)) for column, value in enumerate(values) if value is None)
    raw = {COUNTER: draw(st.integers(0, 2**64 - 1))} if COUNTER in quantities and draw(st.booleans()) else {}
    return Sample(draw(st.sampled_from(["a", "b"])), draw(st.integers(1, 50)), quantities, values, raw, flags)


@given(st.lists(_samples(), max_size=40), st.integers(1, 10), st.integers(600, 4000))
def test_whatever_comes_every_batch_is_valid_short_enough_and_nothing_is_lost(samples, max_rows, max_bytes):
    buffer = filled(*samples, limits=BufferLimits(max_rows=max_rows, max_bytes=max_bytes))
    batches = buffer.take()
    for batch in batches:
        batch_of(batch)
        rows = sum(len(group.t) for group in batch)
        assert rows <= max_rows
        if rows > 1:  # one sample alone may pass a bound that is this small
            assert len(encode(Batch(1, "a" * 32, 2**53, "c" * 32, ClockState.HOLDOVER, batch))) <= max_bytes
    back = [(group.point, t) for batch in batches for group in batch for t in group.t]
    assert sorted(back) == sorted((one.point, one.t_ms) for one in samples)
