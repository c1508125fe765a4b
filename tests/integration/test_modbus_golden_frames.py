"""Frames typed by hand against our server: what is on the wire, byte for byte, without any library of ours."""

import asyncio

import pytest
from modbus_wire import run

from meterproof_core.clock import ManualClock
from meterproof_core.errors import SettingsError
from meterproof_edge.map_library import find_map
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.register_source import RequestRefusedError, UnknownUnitError
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.recorded import RecordedValues
from meterproof_edge.simulator.steel_works import load_steel_works


class SpecificationExample:
    """The registers of the examples in "MODBUS Application Protocol Specification V1.1b3", 6.3 and 6.4."""

    def read(self, unit_id, function, address, count):
        if unit_id != 0x11:
            raise UnknownUnitError("not here")
        known = {3: {0x6B: 0x022B, 0x6C: 0x0000, 0x6D: 0x0064}, 4: {0x08: 0x000A}}[function]
        try:
            return [known[at] for at in range(address, address + count)]
        except KeyError:
            raise RequestRefusedError(2) from None


async def exchange(source, request: str, answer_bytes: int) -> str:
    server = RegisterServer(source)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(bytes.fromhex(request))
    answer = await reader.readexactly(answer_bytes)
    writer.close()
    await writer.wait_closed()
    await server.stop()
    return answer.hex(" ", 1)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        # 6.3, page 15: read registers 108 to 110
        ("00 01 00 00 00 06 11 03 00 6B 00 03", "00 01 00 00 00 09 11 03 06 02 2b 00 00 00 64"),
        # 6.4, page 16: read input register 9
        ("00 02 00 00 00 06 11 04 00 08 00 01", "00 02 00 00 00 05 11 04 02 00 0a"),
        # no such register: exception 2
        ("00 03 00 00 00 06 11 03 00 6A 00 01", "00 03 00 00 00 03 11 83 02"),
        # 126 and 0 registers: exception 3
        ("00 04 00 00 00 06 11 03 00 6B 00 7E", "00 04 00 00 00 03 11 83 03"),
        ("00 05 00 00 00 06 11 03 00 6B 00 00", "00 05 00 00 00 03 11 83 03"),
        # a write (function 6), and reading coils (function 1): exception 1, nothing here can be written
        ("00 06 00 00 00 06 11 06 00 6B 00 01", "00 06 00 00 00 03 11 86 01"),
        ("00 07 00 00 00 06 11 01 00 6B 00 01", "00 07 00 00 00 03 11 81 01"),
    ],
)
def test_the_server_answers_byte_for_byte(request_, answer):
    assert run(exchange(SpecificationExample(), request_, len(bytes.fromhex(answer)))) == answer


def test_a_simulated_meters_energy_stands_on_the_wire_as_its_manual_says():
    """100,000 kWh are 100,000,000 Wh, 0x05F5E100, in four words from 3203 on: an i64, high word first."""
    record = load_steel_works()
    meter = SimulatedMeter(find_map("schneider-iem3155"), RecordedValues(record), ManualClock(record.start_ms))
    answer = run(exchange(SimulatedBus({1: meter}), "00 01 00 00 00 06 01 03 0C 83 00 04", 17))
    assert answer == "00 01 00 00 00 0b 01 03 08 00 00 00 00 05 f5 e1 00"


def test_a_unit_that_is_not_there_stays_silent_as_on_a_real_bus():
    asked = asyncio.Event()

    class Listening(SpecificationExample):
        def read(self, unit_id, function, address, count):
            asked.set()
            return super().read(unit_id, function, address, count)

    async def scenario() -> bytes:
        server = RegisterServer(Listening())
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(bytes.fromhex("00 01 00 00 00 06 12 03 00 6B 00 03"))
        await asked.wait()
        writer.write(bytes.fromhex("00 02 00 00 00 06 11 04 00 08 00 01"))
        first = await reader.readexactly(11)
        writer.close()
        await writer.wait_closed()
        await server.stop()
        return first

    assert run(scenario())[:2] == b"\0\2"


def test_an_address_in_use_is_named():
    async def scenario() -> None:
        first = RegisterServer(SpecificationExample())
        await first.start()
        second = RegisterServer(SpecificationExample(), port=first.port)
        try:
            with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{first.port}"):
                await second.start()
        finally:
            await second.stop()
            await first.stop()

    run(scenario())


def test_a_stopped_server_can_be_started_again_on_its_port():
    async def scenario() -> int:
        server = RegisterServer(SpecificationExample())
        await server.start()
        port = server.port
        await server.stop()
        await server.stop()
        await server.start()
        await server.stop()
        return server.port - port

    assert run(scenario()) == 0
