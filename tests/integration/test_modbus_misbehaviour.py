"""Our link against servers that do what they must not: nothing wrong may come through as a reading."""

import asyncio

import pytest
from modbus_wire import RawServer, Request, frame, registers_pdu, run

from meterproof_core.backoff import Backoff
from meterproof_core.clock import SystemClock
from meterproof_edge.errors import BadAnswerError, DeviceRefusedError, NoAnswerError
from meterproof_edge.modbus.tcp import TcpAddress, TcpBus

TIMEOUT_S = 0.4


def bus_to(server: RawServer) -> TcpBus:
    address = TcpAddress("127.0.0.1", server.port, timeout_s=TIMEOUT_S)
    return TcpBus(address, SystemClock(), backoff=Backoff(first_s=0.0))


def wrong_once(make):
    """Answer the first request with what `make` gives, all others rightly."""
    done = []

    async def answer(request: Request) -> None:
        if done:
            request.send(request.right_answer())
        else:
            done.append(request)
            request.send(make(request))

    return answer


async def first_and_second(answer) -> tuple[Exception | list[int], list[int], RawServer]:
    async with RawServer(answer) as server:
        bus = bus_to(server)
        unit = bus.unit(3)
        try:
            first = list((await unit.read(3, 100, 4)).words)
        except (BadAnswerError, NoAnswerError, DeviceRefusedError) as error:
            first = error
        second = list((await unit.read(3, 200, 4)).words)
        bus.close()
        return first, second, server


BAD = {
    "another function code": lambda asked: frame(asked.transaction, 3, registers_pdu(4, [1, 2, 3, 4])),
    "a function code nobody knows": lambda asked: frame(asked.transaction, 3, bytes.fromhex("63 08 0102030405060708")),
    "fewer registers": lambda asked: frame(asked.transaction, 3, registers_pdu(3, [7])),
    "more registers": lambda asked: frame(asked.transaction, 3, registers_pdu(3, [7] * 5)),
    "another unit": lambda asked: frame(asked.transaction, 4, registers_pdu(3, [1, 2, 3, 4])),
    "another protocol": lambda asked: frame(asked.transaction, 3, registers_pdu(3, [1, 2, 3, 4]), protocol=1),
    "a byte count that lies": lambda asked: frame(asked.transaction, 3, bytes.fromhex("03 07 0102030405060708")),
    "an exception without its code": lambda asked: frame(asked.transaction, 3, bytes.fromhex("83")) + b"\0",
    "a stranger's answer and a wrong one behind it": lambda asked: (
        frame(asked.transaction + 9, 3, registers_pdu(3, [1, 2, 3, 4])) + frame(asked.transaction, 3, registers_pdu(3, [7]))
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
def test_an_answer_that_does_not_belong_to_the_request_is_refused_and_the_connection_dropped(make):
    first, second, server = run(first_and_second(wrong_once(make)))
    assert isinstance(first, BadAnswerError)
    assert str(first).startswith(f"127.0.0.1:{server.port} unit_id 3 function 3 registers 100 to 103: ")
    assert second == [200, 201, 202, 203]
    assert server.connections == 2


def test_silence_costs_one_timeout_and_the_connection():
    async def answer(request: Request) -> None:
        if request.start != 100:
            request.send(request.right_answer())

    first, second, server = run(first_and_second(answer))
    assert isinstance(first, NoAnswerError)
    assert "no answer within 0.4 s" in str(first)
    assert second == [200, 201, 202, 203]
    assert [request.start for request in server.requests] == [100, 200]
    assert server.connections == 2


@pytest.mark.parametrize("transaction", ["its own", "0", "the next one's"])
def test_a_late_answer_is_never_taken_for_the_next_one(transaction):
    late: list[Request] = []

    async def answer(request: Request) -> None:
        if request.start == 100:
            late.append(request)
            return
        number = {"its own": late[0].transaction, "0": 0, "the next one's": request.transaction}[transaction]
        late[0].send(frame(number, 3, registers_pdu(3, [100, 101, 102, 103])))  # over the old connection, if it lives
        request.send(request.right_answer())

    first, second, _ = run(first_and_second(answer))
    assert isinstance(first, NoAnswerError)
    assert second == [200, 201, 202, 203]


def test_a_refusal_is_an_answer_and_keeps_the_connection():
    first, second, server = run(first_and_second(wrong_once(lambda asked: frame(asked.transaction, 3, b"\x83\x02"))))
    assert isinstance(first, DeviceRefusedError)
    assert first.is_hole
    assert "refused with exception 2 (no such register)" in str(first)
    assert second == [200, 201, 202, 203]
    assert server.connections == 1


def test_an_unknown_exception_code_is_told_as_it_came():
    first, _, _ = run(first_and_second(wrong_once(lambda asked: frame(asked.transaction, 3, b"\x83\x63"))))
    assert "exception 99 (not a standard code)" in str(first)
    assert not first.is_hole


def test_an_answer_in_pieces_is_put_together():
    async def answer(request: Request) -> None:
        whole = request.right_answer()
        for at in range(len(whole)):
            request.send(whole[at : at + 1])
            await asyncio.sleep(0)

    first, second, server = run(first_and_second(answer))
    assert (first, second) == ([100, 101, 102, 103], [200, 201, 202, 203])
    assert server.connections == 1


def test_a_gateway_that_answers_with_transaction_id_0_can_be_read():
    async def answer(request: Request) -> None:
        request.send(b"\0\0" + request.right_answer()[2:])

    first, _, _ = run(first_and_second(answer))
    assert first == [100, 101, 102, 103]


def test_what_comes_unasked_is_passed_over():
    async def answer(request: Request) -> None:
        request.send(request.right_answer())
        request.send(request.right_answer())
        request.send(frame(77, 9, registers_pdu(3, [6])) + b"\xff" * 30)

    first, second, _ = run(first_and_second(answer))
    assert (first, second) == ([100, 101, 102, 103], [200, 201, 202, 203])


def test_pymodbus_is_silent_even_when_everything_fails(caplog):
    run(first_and_second(wrong_once(BAD["fewer registers"])))
    assert [record for record in caplog.records if record.name.startswith(("pymodbus", "asyncio"))] == []
