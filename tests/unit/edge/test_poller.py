import asyncio
import logging
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modbus_wire import run

from meterproof_core.clock import ManualClock, SystemClock
from meterproof_edge.errors import LinkError, NoAnswerError, NotConnectedError
from meterproof_edge.poller import PolledPoint, Poller
from meterproof_edge.sample import Sample
from meterproof_edge.schedule import Schedule

MINUTE, HOUR = 60_000, 3_600_000
TEN_YEARS = 3650 * 24 * HOUR
NOW = 1_514_732_400_000  # a whole minute


class ClockedReader:
    """Reads the clock, as a meter with nothing to say would be read; fails with what is put into `error`."""

    def __init__(self, clock, point: str = "boiler-1", *, takes_ms: int = 0) -> None:
        self.clock = clock
        self.point = point
        self.trouble: LinkError | None = None
        self.error: Exception | None = None
        self.takes_ms = takes_ms
        self.reads = 0

    async def read(self) -> Sample:
        self.reads += 1
        start_ms = self.clock.now_ms()
        if self.takes_ms:
            self.clock.move_to(start_ms + self.takes_ms)
        if self.error is not None:
            raise self.error
        return Sample(self.point, start_ms + self.takes_ms // 2, ("frequency_hz",), (50.0,), {})


def one_point(clock, *, offset_ms: int = 7000, cursors=None, **reader) -> tuple[Poller, ClockedReader, list[Sample]]:
    one, samples = ClockedReader(clock, **reader), []
    return Poller([PolledPoint(one, Schedule(MINUTE, offset_ms))], clock, samples.append, cursors=cursors), one, samples


def play(poller: Poller, clock: ManualClock, polls: int) -> None:
    for _ in range(polls):
        clock.move_to(poller.next_due_ms())
        run(poller.poll_due(clock.now_ms()))


def test_polls_are_aligned_to_the_epoch_and_the_offset():
    clock = ManualClock(NOW)
    poller, _, samples = one_point(clock)
    play(poller, clock, 3)
    assert [sample.t_ms - NOW for sample in samples] == [7000, 67_000, 127_000]


def test_a_poll_due_at_the_very_start_is_taken():
    poller, _, _ = one_point(ManualClock(NOW + 7000))
    assert poller.next_due_ms() == NOW + 7000


def test_nothing_is_polled_before_it_is_due():
    clock = ManualClock(NOW)
    poller, reader, _ = one_point(clock)
    assert run(poller.poll_due(NOW + 6999)) == 0
    assert reader.reads == 0


def test_after_a_restart_the_next_instant_lies_after_the_last_kept_one():
    poller, _, _ = one_point(ManualClock(NOW), cursors={"boiler-1": NOW + 67_000, "other": NOW + 10 * MINUTE})
    assert poller.next_due_ms() == NOW + 127_000


def test_missed_cycles_are_skipped_and_counted_never_queued():
    clock = ManualClock(NOW)
    poller, reader, _ = one_point(clock)
    clock.move_to(NOW + 10 * MINUTE)
    assert run(poller.poll_due(clock.now_ms())) == 1
    assert reader.reads == 1
    assert poller.counts()["boiler-1"].overruns == 9
    assert poller.next_due_ms() == NOW + 10 * MINUTE + 7000


def test_a_poll_that_takes_longer_than_its_period_skips_what_it_overran():
    clock = ManualClock(NOW)
    poller, _, samples = one_point(clock, takes_ms=150_000)
    play(poller, clock, 3)
    assert [sample.t_ms - NOW - 75_000 for sample in samples] == [7000, 187_000, 367_000]
    assert poller.counts()["boiler-1"].overruns == 6


def test_after_a_step_back_of_the_clock_no_instant_comes_again():
    clock = ManualClock(NOW)
    poller, _, samples = one_point(clock)
    play(poller, clock, 3)
    clock.move_to(NOW)
    assert run(poller.poll_due(clock.now_ms())) == 0
    play(poller, clock, 2)
    assert [sample.t_ms - NOW for sample in samples] == [7000, 67_000, 127_000, 187_000, 247_000]


def test_a_sample_whose_instant_is_not_later_than_the_last_is_held_back():
    clock = ManualClock(NOW)
    poller, reader, samples = one_point(clock)
    play(poller, clock, 1)
    clock.move_to(poller.next_due_ms())
    reader.takes_ms = -2 * MINUTE  # the clock is put back during the request
    assert run(poller.poll_due(NOW + 67_000)) == 0
    assert len(samples) == 1
    assert poller.counts()["boiler-1"].held_back == 1


def wander(steps, offset_ms: int) -> tuple[Poller, list[int]]:
    """Move the clock by steps [ms], poll after each, and return the instants of the samples."""
    clock = ManualClock(NOW)
    poller, _, samples = one_point(clock, offset_ms=offset_ms)

    async def walk() -> None:
        for step in steps:
            clock.move_to(clock.now_ms() + step)
            await poller.poll_due(clock.now_ms())

    asyncio.run(walk())
    return poller, [sample.t_ms for sample in samples]


@given(st.lists(st.integers(-90_000, 400_000), max_size=40), st.integers(0, 59_999))
def test_instants_only_ever_rise_while_the_clock_goes_back_less_than_an_hour(steps, offset_ms):
    poller, instants = wander(steps, offset_ms)
    assert instants == sorted(set(instants))
    assert poller.counts()["boiler-1"].cursor_ahead == 0


@given(st.lists(st.sampled_from([-2 * HOUR, -HOUR, -MINUTE, MINUTE, HOUR, 2 * HOUR]), max_size=60))
def test_no_instant_comes_twice_wherever_the_clock_goes(steps):
    poller, instants = wander(steps, 0)
    assert len(set(instants)) == len(instants)
    falls = sum(later < earlier for earlier, later in pairwise(instants))
    assert falls <= poller.counts()["boiler-1"].cursor_ahead


def test_after_a_jump_of_ten_years_ahead_and_back_the_meter_is_read_on_at_once(caplog):
    clock = ManualClock(NOW)
    poller, _, samples = one_point(clock)
    play(poller, clock, 1)
    clock.move_to(NOW + TEN_YEARS)
    run(poller.poll_due(clock.now_ms()))
    play(poller, clock, 2)
    clock.move_to(NOW + MINUTE)
    run(poller.poll_due(clock.now_ms()))
    play(poller, clock, 3)
    assert [sample.t_ms - NOW for sample in samples] == [
        7000, TEN_YEARS, TEN_YEARS + 7000, TEN_YEARS + 67_000, 67_000, 127_000, 187_000,
    ]  # fmt: skip
    assert poller.counts()["boiler-1"].cursor_ahead == 1
    (told,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert told.getMessage().startswith("boiler-1: the last sample lies 315360007 s ahead of the clock")


def test_an_instant_that_was_given_while_the_clock_was_ahead_is_not_given_again():
    clock = ManualClock(NOW)
    poller, _, samples = one_point(clock)
    clock.move_to(NOW + 2 * HOUR + 7000)
    run(poller.poll_due(clock.now_ms()))
    play(poller, clock, 1)
    clock.move_to(NOW)
    run(poller.poll_due(clock.now_ms()))
    play(poller, clock, 122)
    instants = [sample.t_ms - NOW for sample in samples]
    assert instants[:3] == [2 * HOUR + 7000, 2 * HOUR + 67_000, 7000]
    assert sorted(instants) == [7000 + minute * MINUTE for minute in range(122)]
    assert poller.counts()["boiler-1"].held_back == 2


def test_after_a_restart_a_cursor_far_ahead_of_the_clock_silences_nobody(caplog):
    clock = ManualClock(NOW)
    poller, _, samples = one_point(clock, cursors={"boiler-1": NOW + TEN_YEARS})
    play(poller, clock, 2)
    assert [sample.t_ms - NOW for sample in samples] == [7000, 67_000]
    assert poller.counts()["boiler-1"].cursor_ahead == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(("ahead_ms", "next_ms"), [(HOUR, HOUR + 7000), (HOUR + 1, 7000)])
def test_up_to_an_hour_the_time_of_the_last_sample_is_waited_for(ahead_ms, next_ms):
    poller, _, _ = one_point(ManualClock(NOW), cursors={"boiler-1": NOW - 1 + ahead_ms})
    assert poller.next_due_ms() - NOW == next_ms


@pytest.mark.parametrize("takes_ms", [-10 * HOUR, 10 * HOUR])
def test_a_sample_during_whose_request_the_clock_jumped_is_held_back_since_its_instant_lies_between(takes_ms):
    clock = ManualClock(NOW)
    poller, reader, samples = one_point(clock)
    clock.move_to(poller.next_due_ms())
    reader.takes_ms = takes_ms
    assert run(poller.poll_due(clock.now_ms())) == 0
    reader.takes_ms = 0
    run(poller.poll_due(clock.now_ms()))
    play(poller, clock, 1)
    assert samples[-1].t_ms == clock.now_ms()
    assert poller.counts()["boiler-1"].held_back == 1


def test_one_meters_trouble_stops_no_other():
    clock, samples = ManualClock(NOW), []
    readers = [ClockedReader(clock, point) for point in ("dead", "broken", "well")]
    readers[0].error, readers[1].error = NoAnswerError("dead: silent"), ZeroDivisionError("a fault of ours")
    poller = Poller([PolledPoint(reader, Schedule(MINUTE)) for reader in readers], clock, samples.append)
    play(poller, clock, 2)
    assert [sample.point for sample in samples] == ["well", "well"]
    assert {point: (counts.samples, counts.failed) for point, counts in poller.counts().items()} == {
        "dead": (0, 2), "broken": (0, 2), "well": (2, 0),
    }  # fmt: skip


def test_a_silent_unit_is_left_alone_for_a_while():
    clock = ManualClock(NOW)
    poller, reader, _ = one_point(clock)
    reader.error = NoAnswerError("silent")

    async def many() -> None:
        for _ in range(50):
            clock.move_to(poller.next_due_ms())
            await poller.poll_due(clock.now_ms())

    run(many())
    counts = poller.counts()["boiler-1"]
    assert reader.reads == counts.failed < 10
    assert counts.left_alone == 50 - counts.failed


def test_a_missing_connection_is_waited_for_by_the_bus_and_not_twice():
    clock = ManualClock(NOW)
    poller, reader, _ = one_point(clock)
    reader.error = NotConnectedError("nobody there")
    play(poller, clock, 20)
    assert reader.reads == 20


def test_what_cannot_be_kept_ends_the_poller():
    clock = ManualClock(NOW)

    def full(sample: Sample) -> None:
        raise OSError("disk full")

    poller = Poller([PolledPoint(ClockedReader(clock), Schedule(MINUTE))], clock, full)
    clock.move_to(poller.next_due_ms())
    with pytest.raises(OSError, match="disk full"):
        run(poller.poll_due(clock.now_ms()))
    assert poller.counts()["boiler-1"].samples == 0


def test_only_a_change_of_state_is_logged(caplog):
    caplog.set_level(logging.INFO)
    clock = ManualClock(NOW)
    poller, reader, _ = one_point(clock)
    play(poller, clock, 2)
    reader.error = NotConnectedError("plant:502: cannot connect")
    play(poller, clock, 5)
    reader.error = None
    play(poller, clock, 2)
    reader.trouble = NoAnswerError("registers 0 to 9: no answer")
    play(poller, clock, 2)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "boiler-1: plant:502: cannot connect"),
        ("INFO", "boiler-1: reads well again"),
        ("WARNING", "boiler-1: registers 0 to 9: no answer"),
    ]


def test_a_fault_of_ours_is_logged_with_its_origin(caplog):
    clock = ManualClock(NOW)
    poller, reader, _ = one_point(clock)
    reader.error = ZeroDivisionError("a fault of ours")
    play(poller, clock, 2)
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


class TestRealTime:
    def test_a_last_sample_of_a_clock_that_was_far_ahead_does_not_keep_it_waiting(self):
        async def scenario() -> None:
            clock, stop, seen = SystemClock(), asyncio.Event(), []
            ahead_ms = clock.now_ms() + TEN_YEARS

            def sink(sample: Sample) -> None:
                seen.append(sample)
                stop.set()

            points = [PolledPoint(ClockedReader(clock), Schedule(50))]
            await Poller(points, clock, sink, cursors={"boiler-1": ahead_ms}).run(stop)
            assert seen[0].t_ms < ahead_ms

        run(scenario())

    def test_it_polls_on_its_own_until_told_to_stop(self):
        async def scenario() -> list[Sample]:
            stop, samples = asyncio.Event(), []

            def sink(sample: Sample) -> None:
                samples.append(sample)
                if len(samples) == 3:
                    stop.set()

            clock = SystemClock()
            points = [PolledPoint(ClockedReader(clock), Schedule(20, 5))]
            await Poller(points, clock, sink).run(stop)
            return samples

        samples = run(scenario())
        assert len({(sample.t_ms - 5) // 20 for sample in samples}) == len(samples) == 3

    def test_a_meter_that_hangs_delays_no_other(self):
        class Hanging(ClockedReader):
            async def read(self) -> Sample:
                self.reads += 1
                await asyncio.Event().wait()
                raise AssertionError

        async def scenario() -> None:
            clock, well = SystemClock(), asyncio.Event()
            readers = [Hanging(clock, "hangs"), ClockedReader(clock, "well")]

            def sink(sample: Sample) -> None:
                if readers[0].reads and readers[1].reads > 3:
                    well.set()

            poller = Poller([PolledPoint(reader, Schedule(10)) for reader in readers], clock, sink)
            task = asyncio.create_task(poller.run(asyncio.Event()))
            await well.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        run(scenario())

    def test_a_clock_that_was_far_ahead_and_is_put_right_is_followed(self):
        async def scenario() -> None:
            real, stop, seen = SystemClock(), asyncio.Event(), []

            class Ahead:
                offset_ms = 3_600_000

                def now_ms(self) -> int:
                    return real.now_ms() + self.offset_ms

            clock = Ahead()
            poller = Poller(
                [PolledPoint(ClockedReader(clock), Schedule(50))],
                clock,
                lambda sample: (seen.append(sample), stop.set()),
            )
            clock.offset_ms = 0
            assert poller.next_due_ms() > clock.now_ms() + MINUTE
            await poller.run(stop)
            assert abs(seen[0].t_ms - real.now_ms()) < MINUTE

        run(scenario())


def test_the_schedule_gives_the_first_instant_after_a_time():
    schedule = Schedule(poll_ms=300_000, offset_ms=137_000)
    assert schedule.next_after(0) == 137_000
    assert schedule.next_after(136_999) == 137_000
    assert schedule.next_after(137_000) == 437_000
    assert schedule.next_after(-1) == 137_000
