"""Debian's mbpoll reads our simulator: a program that knows nothing of ours says what is on the wire."""

import asyncio
import re
import struct

import pytest
from modbus_wire import run

from meterproof_core.clock import ManualClock
from meterproof_edge.map_library import find_map
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.recorded import RecordedValues
from meterproof_edge.simulator.steel_works import load_steel_works
from meterproof_edge.simulator.waveforms import SINCE_MS, Waveforms

pytestmark = pytest.mark.mbpoll
NOW = SINCE_MS + 123_456_789


async def poll(program: str, port: int, *options: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        program, "-m", "tcp", "-0", "-1", "-p", str(port), *options, "127.0.0.1",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


def ask(program: str, meter: SimulatedMeter, *options: str) -> tuple[int, str]:
    async def scenario() -> tuple[int, str]:
        server = RegisterServer(SimulatedBus({5: meter}))
        await server.start()
        try:
            return await poll(program, server.port, *options)
        finally:
            await server.stop()

    return run(scenario())


def values(printed: str) -> dict[int, str]:
    """Return what mbpoll printed, by address."""
    return {int(at): value for at, value in re.findall(r"^\[(\d+)\]:\s+(\S+)", printed, re.MULTILINE)}


@pytest.fixture
def mbpoll(require_program) -> str:
    return require_program("mbpoll")


def test_mbpoll_reads_the_energy_register_of_the_steel_works_word_by_word(mbpoll):
    record = load_steel_works()
    half_a_year = record.start_ms + 181 * 86_400_000 + 137_000
    meter = SimulatedMeter(find_map("schneider-iem3155"), RecordedValues(record), ManualClock(half_a_year))
    code, printed = ask(mbpoll, meter, "-a", "5", "-t", "4:hex", "-r", "3203", "-c", "4")
    assert code == 0, printed
    shown = b"".join(int(word, 16).to_bytes(2, "big") for _, word in sorted(values(printed).items()))
    before = sum(record.amounts["energy_import_kwh"][: 181 * 96])
    within = record.amounts["energy_import_kwh"][181 * 96] * 137_000 // 900_000
    assert struct.unpack(">q", shown)[0] == pytest.approx(100_000_000 + before * 10 + within * 10, abs=10)
    assert struct.unpack(">q", shown)[0] == meter.raw_at("energy_import_kwh", half_a_year)


def test_mbpoll_reads_the_floats_of_an_sdm630_from_its_input_registers(mbpoll):
    meter = SimulatedMeter(find_map("eastron-sdm630"), Waveforms(), ManualClock(NOW))
    code, printed = ask(mbpoll, meter, "-a", "5", "-t", "3:float", "-B", "-r", "0", "-c", "3")
    assert code == 0, printed
    volts = Waveforms().gauge("voltage_l1_v", NOW)
    assert [float(value) for value in values(printed).values()] == pytest.approx([volts] * 3, rel=1e-4)


def test_mbpoll_is_refused_where_there_is_no_register(mbpoll):
    meter = SimulatedMeter(find_map("schneider-iem3155"), Waveforms(), ManualClock(NOW))
    code, printed = ask(mbpoll, meter, "-a", "5", "-t", "4", "-r", "9", "-c", "1")
    assert code != 0
    assert "Illegal data address" in printed


def test_mbpoll_gets_no_answer_from_a_unit_that_is_not_there(mbpoll):
    meter = SimulatedMeter(find_map("schneider-iem3155"), Waveforms(), ManualClock(NOW))
    code, printed = ask(mbpoll, meter, "-a", "6", "-o", "0.2", "-t", "4", "-r", "3203", "-c", "1")
    assert code != 0
    assert "timed out" in printed


def test_mbpoll_cannot_write(mbpoll):
    meter = SimulatedMeter(find_map("schneider-iem3155"), Waveforms(), ManualClock(NOW))

    async def scenario() -> tuple[int, str]:
        server = RegisterServer(SimulatedBus({5: meter}))
        await server.start()
        process = await asyncio.create_subprocess_exec(
            mbpoll, "-m", "tcp", "-0", "-1", "-p", str(server.port), "-a", "5", "-t", "4", "-r", "3203", "127.0.0.1", "7",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        printed, _ = await process.communicate()
        await server.stop()
        return process.returncode, printed.decode()

    code, printed = run(scenario())
    assert code != 0
    assert "Illegal function" in printed
