"""The life of our link: hang-ups, outages, shared buses, pauses, cancellation."""

import asyncio
from itertools import pairwise

import pytest
from modbus_wire import RawServer, Request, run

from meterproof_core.backoff import Backoff
from meterproof_core.clock import SystemClock
from meterproof_edge.errors import NoAnswerError, NotConnectedError
from meterproof_edge.modbus.tcp import TcpAddress, TcpBus


def bus_to(server: RawServer, *, timeout_s: float = 5.0, min_gap_s: float = 0.0) -> TcpBus:
    address = TcpAddress("127.0.0.1", server.port, timeout_s=timeout_s, min_gap_s=min_gap_s)
    return TcpBus(address, SystemClock(), backoff=Backoff(first_s=0.0))


async def right(request: Request) -> None:
    request.send(request.right_answer())


def test_what_comes_between_two_requests_is_thrown_away():
    async def scenario() -> tuple[list[int], int]:
        async with RawServer(right) as server:
            bus = bus_to(server)
            await bus.unit(3).read(3, 100, 4)
            server.requests[0].send(b"\xff" * 40)
            library = bus._connection._client.ctx
            while not library.recv_buffer:  # noqa: ASYNC110 - the library has nothing to wait on
                await asyncio.sleep(0)
            words = list((await bus.unit(3).read(3, 200, 4)).words)
            bus.close()
            return words, server.connections

    assert run(scenario()) == ([200, 201, 202, 203], 1)


def test_a_connection_that_was_closed_between_two_requests_is_opened_again():
    async def scenario() -> tuple[list[int], int]:
        async with RawServer(right) as server:
            bus = bus_to(server)
            await bus.unit(3).read(3, 100, 4)
            server.requests[0].hang_up()
            while bus._connection.is_open:  # noqa: ASYNC110 - the library has nothing to wait on
                await asyncio.sleep(0)
            words = list((await bus.unit(3).read(3, 200, 4)).words)
            bus.close()
            return words, server.connections

    assert run(scenario()) == ([200, 201, 202, 203], 2)


def test_a_hang_up_during_a_request_is_told_at_once_and_not_after_the_timeout():
    async def answer(request: Request) -> None:
        request.hang_up()

    async def scenario() -> None:
        async with RawServer(answer) as server:
            bus = bus_to(server, timeout_s=3600.0)
            with pytest.raises(NoAnswerError, match="the other end closed the connection"):
                await bus.unit(3).read(3, 100, 4)

    run(scenario())


def test_a_server_that_was_killed_and_comes_back_is_read_again():
    async def scenario() -> list[int]:
        async with RawServer(right) as server:
            bus = bus_to(server)
            await bus.unit(3).read(3, 0, 1)
        with pytest.raises(NoAnswerError):
            await bus.unit(3).read(3, 0, 1)
        with pytest.raises(NotConnectedError, match="unit_id 3 function 3 registers 0 to 0: cannot connect"):
            await bus.unit(3).read(3, 0, 1)
        async with RawServer(right, port=server.port):
            words = list((await bus.unit(3).read(3, 7, 2)).words)
            bus.close()
        return words

    assert run(scenario()) == [7, 8]


def test_while_it_waits_to_connect_again_it_says_so_at_once():
    async def scenario() -> None:
        async with RawServer(right) as server:
            pass
        bus = TcpBus(
            TcpAddress("127.0.0.1", server.port), SystemClock(), backoff=Backoff(first_s=20, chance=lambda: 1.0)
        )
        with pytest.raises(NotConnectedError, match="cannot connect"):
            await bus.unit(3).read(3, 0, 1)
        with pytest.raises(NotConnectedError, match=r"not connected; next try in (20.0|19.\d) s"):
            await bus.unit(3).read(3, 0, 1)

    run(scenario())


def test_units_behind_one_address_share_its_connection_one_request_at_a_time():
    in_flight, most = 0, 0

    async def answer(request: Request) -> None:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0.001)
        in_flight -= 1
        request.send(request.right_answer())

    async def scenario() -> tuple[list[int], int]:
        async with RawServer(answer) as server:
            bus = bus_to(server, timeout_s=5.0)
            answers = await asyncio.gather(*(bus.unit(unit_id).read(4, unit_id, 1) for unit_id in range(1, 9)))
            bus.close()
            return [answer.words[0] for answer in answers], server.connections

    words, connections = run(scenario())
    assert words == list(range(1, 9))
    assert (connections, most) == (1, 1)


def test_the_pause_that_a_meter_needs_is_kept_between_requests():
    times = []

    async def answer(request: Request) -> None:
        times.append(asyncio.get_running_loop().time())
        request.send(request.right_answer())

    async def scenario() -> None:
        async with RawServer(answer) as server:
            bus = bus_to(server, min_gap_s=0.05)
            for _ in range(3):
                await bus.unit(3).read(3, 0, 1)
            bus.close()

    run(scenario())
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(times))


def test_a_cancelled_read_leaves_no_answer_behind_for_the_next():
    async def scenario() -> list[int]:
        held: list[Request] = []
        arrived = asyncio.Event()

        async def answer(request: Request) -> None:
            if request.start == 100:
                held.append(request)
                arrived.set()
            else:
                request.send(request.right_answer())

        async with RawServer(answer) as server:
            bus = bus_to(server, timeout_s=5.0)
            task = asyncio.create_task(bus.unit(3).read(3, 100, 4))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            held[0].send(held[0].right_answer())
            words = list((await bus.unit(3).read(3, 200, 4)).words)
            bus.close()
            return words

    assert run(scenario()) == [200, 201, 202, 203]


def test_the_instant_is_the_middle_of_the_request_and_leaves_out_the_wait_for_the_bus():
    class Stepping:
        """Each look at the clock is 10 ms later."""

        def __init__(self) -> None:
            self.ms = 1_000_000

        def now_ms(self) -> int:
            self.ms += 10
            return self.ms

    async def scenario() -> list[int]:
        async with RawServer(right) as server:
            bus = TcpBus(TcpAddress("127.0.0.1", server.port), Stepping())
            answers = await asyncio.gather(*(bus.unit(1).read(3, 0, 1) for _ in range(3)))
            bus.close()
            return [answer.t_ms for answer in answers]

    assert run(scenario()) == [1_000_015, 1_000_035, 1_000_055]
