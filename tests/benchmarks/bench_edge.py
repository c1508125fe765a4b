"""The edge's reading side: requests through our link, reader and poller against a bare pymodbus loop of the same run.

Both sides ask for 40 float32 a request over a real socket and decode them; client and server share one process, so a
figure holds the work of both ends. Asking is interleaved and the best of some rounds is taken.
"""

import asyncio
import resource
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from meterproof_core.clock import ManualClock, SystemClock
from meterproof_core.quantities import QUANTITIES, Kind
from meterproof_edge.map_library import find_map
from meterproof_edge.meter_reader import MeterReader, ReadList
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.modbus.tcp import TcpAddress, TcpBus
from meterproof_edge.poller import PolledPoint, Poller
from meterproof_edge.registers import Register, RegisterType
from meterproof_edge.sample import Sample
from meterproof_edge.schedule import Schedule
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.recorded import RecordedValues
from meterproof_edge.simulator.steel_works import load_steel_works

FLOATS = 40
REQUESTS = 4_000
ROUNDS = 5
POLL_MS = 300_000
START_MS = 1_514_732_400_000
METERS, REST_S = 200, 5
NUMBERS = tuple(1.5 * index for index in range(1, FLOATS + 1))
WORDS = struct.unpack(f">{2 * FLOATS}H", struct.pack(f">{FLOATS}f", *NUMBERS))


class Fixed:
    """Registers that never change, at any unit."""

    def read(self, unit_id: int, function: int, address: int, count: int) -> Sequence[int]:
        return WORDS[address : address + count]


def registers() -> tuple[Register, ...]:
    gauges = [name for name, one in QUANTITIES.items() if one.kind is Kind.GAUGE and one.accepts(max(NUMBERS))]
    names = (gauges + [name for name, one in QUANTITIES.items() if one.kind is Kind.COUNTER])[:FLOATS]
    return tuple(
        Register(name, 3, 2 * index, RegisterType.F32, QUANTITIES[name].unit, resolution=0.1)
        for index, name in enumerate(names)
    )


def checksum(rows: Sequence[Sequence[float]]) -> str:
    crc = 0
    for row in rows:
        crc = zlib.crc32(struct.pack(f">{len(row)}d", *row), crc)
    return f"{crc:08x}"


async def bare(port: int) -> tuple[float, list[Sequence[float]]]:
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    rows = []
    start = time.perf_counter()
    for _ in range(REQUESTS):
        answer = await client.read_holding_registers(0, count=2 * FLOATS, device_id=1)
        rows.append(client.convert_from_registers(answer.registers, client.DATATYPE.FLOAT32))
    seconds = time.perf_counter() - start
    client.close()
    return seconds, rows


async def ours(port: int) -> tuple[float, list[Sample]]:
    clock, samples = ManualClock(START_MS), []
    bus = TcpBus(TcpAddress("127.0.0.1", port), clock)
    reader = MeterReader(ReadList("meter", registers()), bus.unit(1))
    poller = Poller([PolledPoint(reader, Schedule(POLL_MS))], clock, samples.append)
    start = time.perf_counter()
    for _ in range(REQUESTS):
        due_ms = poller.next_due_ms()
        clock.move_to(due_ms)
        await poller.poll_due(due_ms)
    seconds = time.perf_counter() - start
    bus.close()
    return seconds, samples


async def compare() -> list[dict[str, object]]:
    device = SimDevice(1, simdata=[SimData(0, values=list(WORDS), datatype=DataType.REGISTERS)])
    library = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await library.serve_forever(background=True)
    library_port = library.transport.sockets[0].getsockname()[1]
    own = RegisterServer(Fixed())
    await own.start()
    runs: list[list[tuple[float, list]]] = [[], [], []]
    for _ in range(ROUNDS):
        runs[0].append(await bare(library_port))
        runs[1].append(await ours(library_port))
        runs[2].append(await ours(own.port))
    await own.stop()
    await library.shutdown()
    peer, with_its_server, with_our_server = (min(run, key=lambda one: one[0]) for run in runs)
    rate = REQUESTS / peer[0]
    return [
        line("bare pymodbus client and server, decoded", rate, 1.0, "itself", peer[1]),
        *(
            line(what, REQUESTS / seconds, REQUESTS / seconds / rate, "bare; .80 is the budget", samples)
            for what, (seconds, samples) in (
                ("our poller, reader and link; pymodbus's server", with_its_server),
                ("our poller, reader and link; our server", with_our_server),
            )
        ),
    ]


def line(what: str, rate: float, ratio: float, to: str, rows: list) -> dict[str, object]:
    are_samples = isinstance(rows[0], Sample)
    values = [row.values for row in rows] if are_samples else rows
    return {
        "what": f"{what}; {rate * FLOATS:,.0f} values/s",
        "per_second": rate,
        "unit": f"requests/s of {FLOATS} float32",
        "ratio": ratio,
        "to": to,
        "rows": len(rows),
        "keys": len({(row.point, row.t_ms) for row in rows}) if are_samples else len(rows),
        "checksum": checksum(values),
    }


async def time_lapse() -> dict[str, object]:
    record = load_steel_works()
    clock, samples = ManualClock(record.start_ms - POLL_MS), []
    meter = SimulatedMeter(find_map("schneider-iem3155"), RecordedValues(record), clock)
    server = RegisterServer(SimulatedBus({1: meter}))
    await server.start()
    bus = TcpBus(TcpAddress("127.0.0.1", server.port), clock)
    energy = tuple(one for one in meter.register_map.registers if one.quantity == "energy_import_kwh")
    point = PolledPoint(MeterReader(ReadList("main-incomer", energy), bus.unit(1)), Schedule(POLL_MS, 137_000))
    poller = Poller([point], clock, samples.append)
    start = time.perf_counter()
    while clock.now_ms() < record.end_ms:
        clock.move_to(poller.next_due_ms())
        await poller.poll_due(clock.now_ms())
    seconds = time.perf_counter() - start
    bus.close()
    await server.stop()
    first, last = samples[0], samples[-1]
    counted = last.raw["energy_import_kwh"] - first.raw["energy_import_kwh"]
    true = meter.amount_between("energy_import_kwh", first.t_ms, last.t_ms) * 1000
    return {
        "what": f"a simulated year in time-lapse, {seconds:.1f} s; read {counted:,} Wh, simulated {float(true):,.1f} Wh",
        "per_second": len(samples) / seconds,
        "unit": "polls/s of one i64 counter",
        "ratio": len(samples) / server.requests,
        "to": "requests on the socket",
        "rows": len(samples),
        "keys": len({sample.t_ms for sample in samples}),
        "checksum": checksum([sample.values for sample in samples]),
    }


SERVE = """
import asyncio
from bench_edge import Fixed, RegisterServer

async def serve():
    server = RegisterServer(Fixed())
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(serve())
"""


async def at_rest(port: int) -> dict[str, object]:
    clock, samples, stop = SystemClock(), [], asyncio.Event()
    address = TcpAddress("127.0.0.1", port)
    buses = [TcpBus(address, clock) for _ in range(METERS)]
    chosen = registers()
    points = [
        PolledPoint(MeterReader(ReadList(f"meter-{index}", chosen), bus.unit(1)), Schedule(1000, 5 * index))
        for index, bus in enumerate(buses)
    ]
    poller = Poller(points, clock, samples.append)
    asyncio.get_running_loop().call_later(REST_S, stop.set)
    start_cpu, start = time.process_time(), time.perf_counter()
    await poller.run(stop)
    share = (time.process_time() - start_cpu) / (time.perf_counter() - start)
    for bus in buses:
        bus.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "what": f"at rest: {METERS} meters at 1 Hz, each on its own connection, {100 * share:.1f} % of a core; "
        f"this process at most {peak_mb:.0f} MB, benchmark included",
        "per_second": len(samples) / REST_S,
        "unit": "polls/s",
        "ratio": share / 0.15,
        "to": "budget of 15 % of a core; less is better",
        "rows": len(samples),
        "keys": len({(sample.point, sample.t_ms) for sample in samples}),
        "checksum": checksum([sample.values for sample in samples]),
    }


def with_server_process(work: Callable[[int], Awaitable[dict[str, object]]]) -> dict[str, object]:
    folder = Path(__file__).resolve().parent
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True, cwd=folder) as server:
        try:
            return asyncio.run(work(int(server.stdout.readline())))
        finally:
            server.terminate()


def run() -> list[dict[str, object]]:
    return [with_server_process(at_rest), *asyncio.run(compare()), asyncio.run(time_lapse())]


def main() -> None:
    for one in run():
        print(one)


if __name__ == "__main__":
    main()
