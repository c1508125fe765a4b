"""What the spool gives up when it is full, and that it says so."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spooling import COUNTER, GAUGE, everything, fill, group, sound

from meterproof_core.validation import check_batch
from meterproof_core.wire import Batch, ClockState, Group, LostRange, MessageKind, decode
from meterproof_edge.spool import Spool
from meterproof_edge.spool.losses import holds_gauges, without_gauges
from meterproof_edge.spool.spool import MIN_BYTES


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path / "spool.db", max_bytes=MIN_BYTES)
    yield spool
    spool.close()


def wrapped(*groups: Group) -> Batch:
    return Batch(1, "s", 1, "c", ClockState.SYNCED, list(groups))


def told_losses(spool: Spool) -> list[LostRange]:
    """Return the whole loss ledger, emitted as messages."""
    told = []
    while (seq := spool.emit_losses()) is not None:
        message = spool.read(seq)
        told += decode(message.kind, message.payload).lost
        spool.delete([(seq, seq)])
    return told


def test_a_batch_of_counters_only_has_nothing_to_give_up():
    batch = wrapped(group(1000, gauge=False))
    assert not holds_gauges(batch.groups)
    assert without_gauges(batch) == (batch, [])


def test_a_batch_of_gauges_only_is_left_without_a_group():
    gauges = Group("hall", [GAUGE], [5, 9], [[1.0, 2.0]])
    left, lost = without_gauges(wrapped(gauges))
    assert left.groups == []
    assert [(one.point, one.first_ms, one.last_ms, one.samples) for one in lost] == [("hall", 5, 9, 2)]


def test_a_counter_keeps_its_register_and_its_flags_when_the_gauge_before_it_goes():
    mixed = Group(
        "furnace",
        [GAUGE, COUNTER],
        [1000, 2000],
        [[None, 1.0], [7.0, None]],
        {COUNTER: [7, None]},
        [(0, 0, "missing", "sentinel"), (1, 1, "missing", "no answer")],
    )
    left, _ = without_gauges(wrapped(mixed))
    (kept,) = left.groups
    check_batch(left)
    assert kept == Group(
        "furnace", [COUNTER], [1000, 2000], [[7.0, None]], {COUNTER: [7, None]}, [(1, 0, "missing", "no answer")]
    )


def test_the_oldest_gauges_go_before_any_counter(spool):
    fill(spool, 1, rows=1000, start_ms=10**9)
    fits = MIN_BYTES // spool.counts().bytes
    fill(spool, fits + 1, rows=1000, start_ms=2 * 10**9)
    batches = [sound(message) for message in everything(spool)]
    stripped = [not holds_gauges(batch.groups) for batch in batches]
    assert spool.counts().bytes <= MIN_BYTES
    assert [batch.seq for batch in batches] == list(range(1, fits + 3))  # no counter was lost
    assert any(stripped)
    assert stripped == sorted(stripped, reverse=True)  # the oldest first
    assert not stripped[-1]


def test_when_no_gauge_is_left_the_oldest_batches_go_whole(spool):
    fill(spool, 60, rows=1000)
    batches = [sound(message) for message in everything(spool)]
    assert spool.counts().bytes <= MIN_BYTES
    assert batches[0].seq > 1
    assert [batch.seq for batch in batches] == list(range(batches[0].seq, 61))


def test_every_sample_is_either_kept_or_told_as_lost(spool):
    fill(spool, 60, rows=1000)
    kept = sum(len(batch.groups[0].t) for batch in map(sound, everything(spool)))
    stripped = sum(len(batch.groups[0].t) for batch in map(sound, everything(spool)) if not holds_gauges(batch.groups))
    lost = {one.reason: one for one in told_losses(spool)}
    gone = lost["spool full: samples given up"]
    gauges = lost["spool full: gauges given up, counters kept"]
    assert kept + gone.samples == 60_000
    assert (gone.first_ms, gone.last_ms) == (1000, 1000 + 1000 * (gone.samples - 1))
    assert gauges.samples == stripped + gone.samples  # a batch loses its gauges first
    assert gauges.first_ms == 1000


def test_a_drop_and_its_entry_in_the_loss_ledger_are_one_transaction(spool):
    fill(spool, 20, rows=1000)
    before = spool.counts()
    assert told_losses(spool) == []

    class FullDiskError(Exception):
        pass

    class Faults:
        def reach(self, point: str) -> None:
            raise FullDiskError(point)

    spool._faults = Faults()
    with pytest.raises(FullDiskError):
        spool.append([[group(10**9, 1000)]] * 40, config="c", clock_state=ClockState.SYNCED)
    assert told_losses(spool) == []
    assert (spool.counts().waiting, spool.counts().bytes) == (before.waiting, before.bytes)
    assert all(holds_gauges(sound(message).groups) for message in everything(spool))


def test_what_is_set_aside_goes_at_the_bound_like_everything_else(spool):
    fill(spool, 3, rows=1000)
    spool.set_aside(1)
    spool.set_aside(2)
    fill(spool, 60, rows=1000, start_ms=10**8)
    counts = spool.counts()
    assert counts.set_aside == 0
    assert counts.waiting == len(everything(spool))
    assert spool.read(1) is None


def test_a_message_that_tells_losses_is_never_given_up_itself(spool):
    spool.record_losses([LostRange("hall", 1, 2, 1, "reboot")])
    seq = spool.emit_losses()
    fill(spool, 80, rows=1000)
    assert spool.read(seq).kind is MessageKind.LOSS
    assert spool.counts().bytes <= MIN_BYTES


def test_a_batch_of_gauges_only_goes_whole_before_any_counter(spool):
    for index in range(60):
        first = 10**9 + index * 10**7
        hall = Group("hall", [GAUGE], [first + n for n in range(1500)], [[0.5] * 1500])
        spool.append([[hall if index % 2 else group(first, 700, gauge=False)]], config="c", clock_state="synced")
    left = [sound(message) for message in everything(spool)]
    assert [batch.seq for batch in left if batch.groups[0].point == "furnace"] == list(range(1, 61, 2))
    halls = [batch.seq for batch in left if batch.groups[0].point == "hall"]
    assert halls == list(range(halls[0], 61, 2))
    assert halls[0] > 2
    (lost,) = told_losses(spool)
    assert (lost.point, lost.first_ms, lost.samples) == ("hall", 10**9 + 10**7, 1500 * (halls[0] // 2 - 1))


def test_when_only_losses_are_left_there_is_nothing_more_to_give_up(spool):
    fill(spool, 1)
    spool.record_losses([LostRange("hall", 1, 2, 1, "x" * 100)])
    spool.emit_losses()
    spool._max_bytes = 1
    fill(spool, 1, start_ms=10**6)
    assert [message.kind for message in everything(spool)] == [MessageKind.LOSS]


def test_the_file_stays_near_its_bound_however_long_the_outage(tmp_path):
    path = tmp_path / "spool.db"
    spool = Spool(path, max_bytes=MIN_BYTES)
    sizes = []
    for round_ in range(4):
        fill(spool, 60, rows=1000, start_ms=1000 + round_ * 10**9)
        sizes.append(path.stat().st_size)
    spool.close()
    assert sizes[-1] < 2 * MIN_BYTES
    assert sizes[-1] <= sizes[0] * 1.25


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans(), st.integers(700, 900)), min_size=45, max_size=60
    )
)
def test_whatever_comes_the_bound_holds_and_the_counters_add_up(tmp_path_factory, batches):
    spool = Spool(tmp_path_factory.mktemp("bound") / "spool.db", max_bytes=MIN_BYTES)
    given_rows: dict[str, int] = defaultdict(int)
    for index, (point, gauge, rows) in enumerate(batches):
        one = group(10**7 * (index + 1), rows, point=point, gauge=gauge)
        spool.append([[one]], config="c", clock_state=ClockState.SYNCED)
        given_rows[point] += rows
        assert spool.counts().bytes <= MIN_BYTES
    rows_left: dict[str, int] = defaultdict(int)
    for message in everything(spool):
        for kept in sound(message).groups:
            rows_left[kept.point] += len(kept.t)
    for one in told_losses(spool):
        if one.reason == "spool full: samples given up":
            rows_left[one.point] += one.samples
    assert rows_left == given_rows
    spool.close()
