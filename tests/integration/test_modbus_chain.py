"""From the simulated meter through sockets to samples: nothing is short-circuited, nothing is lost on the way."""

import pytest
from modbus_wire import run

from meterproof_core.clock import ManualClock
from meterproof_edge.configuration import MeterSettings
from meterproof_edge.map_library import find_map
from meterproof_edge.modbus.field import wire_meters
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.poller import Poller
from meterproof_edge.sample import Sample
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.recorded import RecordedSeries, RecordedValues

ENERGY = "energy_import_kwh"
POLL_MS = 300_000
RECORD = RecordedSeries(1_514_732_400_000, 900_000, 100, {ENERGY: tuple(300 + 7 * n % 400 for n in range(96))})
IEM3155 = find_map("schneider-iem3155")


def settings(port: int, *, point: str = "main-incomer", unit_id: int = 1) -> MeterSettings:
    return MeterSettings(
        point=point, meter_map=IEM3155, host="127.0.0.1", port=port, unit_id=unit_id, poll_ms=POLL_MS,
        offset_ms=137_000, registers=tuple(one for one in IEM3155.registers if one.quantity == ENERGY),
        max_rate_per_h={ENERGY: 2000.0}, timeout_s=5.0,
    )  # fmt: skip


def play_a_day(*, corrupt_at_ms: int | None = None) -> tuple[list[Sample], RegisterServer, SimulatedMeter]:
    async def scenario():
        clock, samples = ManualClock(RECORD.start_ms - POLL_MS), []
        meter = SimulatedMeter(IEM3155, RecordedValues(RECORD), clock)
        if corrupt_at_ms is not None:
            meter.corrupt(ENERGY, 5, corrupt_at_ms)
        server = RegisterServer(SimulatedBus({1: meter}))
        await server.start()
        field = wire_meters([settings(server.port)], clock)
        poller = Poller(field.points, clock, samples.append)
        while clock.now_ms() < RECORD.end_ms:
            clock.move_to(poller.next_due_ms())
            await poller.poll_due(clock.now_ms())
        field.close()
        await server.stop()
        return samples, server, meter

    return run(scenario())


def test_every_sample_is_one_request_on_the_socket():
    samples, server, _ = play_a_day()
    assert server.requests == len(samples) == 24 * 12 + 2  # one before the record, one after it


def test_every_register_read_is_the_simulations_own_count_at_that_instant():
    samples, _, meter = play_a_day()
    assert [sample.raw[ENERGY] for sample in samples] == [meter.raw_at(ENERGY, sample.t_ms) for sample in samples]
    read = samples[-1].raw[ENERGY] - samples[0].raw[ENERGY]
    flowed = meter.amount_between(ENERGY, samples[0].t_ms, samples[-1].t_ms) * 1000
    assert abs(read - flowed) < 1  # two boundaries, each cut to a whole watt-hour


def test_one_register_corrupted_on_the_wire_shows_up_in_one_sample():
    at_ms = RECORD.start_ms + 50 * POLL_MS
    samples, _, meter = play_a_day(corrupt_at_ms=at_ms)
    wrong = [sample for sample in samples if sample.raw[ENERGY] != meter.raw_at(ENERGY, sample.t_ms)]
    assert [(sample.t_ms, sample.raw[ENERGY], sample.values) for sample in wrong] == [(at_ms + 137_000, 5, (0.005,))]


def test_a_silent_unit_leaves_the_other_unit_of_its_bus_readable():
    async def scenario() -> list[str]:
        clock, samples = ManualClock(RECORD.start_ms), []
        server = RegisterServer(SimulatedBus({1: SimulatedMeter(IEM3155, RecordedValues(RECORD), clock)}))
        await server.start()
        silent = settings(server.port, point="gone", unit_id=9)
        quick = [MeterSettings(**{name: getattr(one, name) for name in one.__slots__} | {"timeout_s": 0.3}) for one in (silent, settings(server.port))]  # fmt: skip
        field = wire_meters(quick, clock)
        assert len(field.buses) == 1
        poller = Poller(field.points, clock, samples.append)
        for _ in range(2):
            clock.move_to(poller.next_due_ms())
            await poller.poll_due(clock.now_ms())
        field.close()
        await server.stop()
        return [sample.point for sample in samples]

    assert run(scenario()) == ["main-incomer", "main-incomer"]


@pytest.mark.parametrize("away_polls", [1, 3])
def test_after_the_meters_server_was_away_polling_goes_on(away_polls):
    async def scenario() -> tuple[int, int]:
        clock, samples = ManualClock(RECORD.start_ms), []
        meter = SimulatedMeter(IEM3155, RecordedValues(RECORD), clock)
        server = RegisterServer(SimulatedBus({1: meter}))
        await server.start()
        field = wire_meters([settings(server.port)], clock)
        field.buses[0]._backoff.first_s = 0.0
        poller = Poller(field.points, clock, samples.append)

        async def poll() -> int:
            clock.move_to(poller.next_due_ms())
            return await poller.poll_due(clock.now_ms())

        assert await poll() == 1
        await server.stop()
        assert [await poll() for _ in range(away_polls)] == [0] * away_polls
        await server.start()
        assert await poll() == 1
        field.close()
        await server.stop()
        return len(samples), poller.counts()["main-incomer"].failed

    samples, failed = run(scenario())
    assert (samples, failed) == (2, away_polls)
