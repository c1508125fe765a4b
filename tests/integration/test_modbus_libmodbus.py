"""Our reader against a server made of libmodbus: a server that knows nothing of ours."""

import ctypes
import os
import socket
import threading
from ctypes import POINTER, byref, c_char_p, c_int, c_uint8, c_uint16, c_void_p

import pytest
from modbus_wire import run

from meterproof_core.clock import SystemClock
from meterproof_edge.errors import DeviceRefusedError
from meterproof_edge.meter_reader import MeterReader, ReadList
from meterproof_edge.modbus.tcp import TcpAddress, TcpBus
from meterproof_edge.registers import Register, RegisterType

pytestmark = pytest.mark.libmodbus
FIRST, COUNT = 3000, 100


class Mapping(ctypes.Structure):
    """`modbus_mapping_t` of modbus.h."""

    _fields_ = [
        *((name, c_int) for name in (
            "nb_bits", "start_bits", "nb_input_bits", "start_input_bits",
            "nb_input_registers", "start_input_registers", "nb_registers", "start_registers",
        )),
        ("tab_bits", POINTER(c_uint8)),
        ("tab_input_bits", POINTER(c_uint8)),
        ("tab_input_registers", POINTER(c_uint16)),
        ("tab_registers", POINTER(c_uint16)),
    ]  # fmt: skip


class LibmodbusServer:
    """One connection after the other, on a thread; holding and input registers from `FIRST` on."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._lib = library
        library.modbus_new_tcp.restype = c_void_p
        library.modbus_new_tcp.argtypes = [c_char_p, c_int]
        library.modbus_mapping_new_start_address.restype = POINTER(Mapping)
        library.modbus_mapping_new_start_address.argtypes = [ctypes.c_uint] * 8
        library.modbus_tcp_listen.argtypes = [c_void_p, c_int]
        library.modbus_tcp_accept.argtypes = [c_void_p, POINTER(c_int)]
        library.modbus_receive.argtypes = [c_void_p, POINTER(c_uint8)]
        library.modbus_reply.argtypes = [c_void_p, POINTER(c_uint8), c_int, POINTER(Mapping)]
        for call in ("modbus_close", "modbus_free"):
            getattr(library, call).argtypes = [c_void_p]
        library.modbus_mapping_free.argtypes = [POINTER(Mapping)]

    def __enter__(self) -> "LibmodbusServer":
        self._context = self._lib.modbus_new_tcp(b"127.0.0.1", 0)
        self._mapping = self._lib.modbus_mapping_new_start_address(0, 0, 0, 0, FIRST, COUNT, FIRST, COUNT)
        self._socket = c_int(self._lib.modbus_tcp_listen(self._context, 1))
        with socket.socket(fileno=os.dup(self._socket.value)) as listening:
            self.port = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve_one_connection)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()
        self._lib.modbus_close(self._context)
        self._lib.modbus_free(self._context)
        self._lib.modbus_mapping_free(self._mapping)
        os.close(self._socket.value)

    @property
    def holding(self):
        return self._mapping.contents.tab_registers

    @property
    def input(self):
        return self._mapping.contents.tab_input_registers

    def _serve_one_connection(self) -> None:
        query = (c_uint8 * 260)()
        self._lib.modbus_tcp_accept(self._context, byref(self._socket))
        while (length := self._lib.modbus_receive(self._context, query)) >= 0:
            if length:
                self._lib.modbus_reply(self._context, query, length, self._mapping)


@pytest.fixture
def server(require_library):
    with LibmodbusServer(require_library("libmodbus.so.5", package="libmodbus5")) as server:
        yield server


def read(server: LibmodbusServer, *registers: Register, times: int = 1):
    async def scenario():
        bus = TcpBus(TcpAddress("127.0.0.1", server.port, timeout_s=5.0), SystemClock())
        reader = MeterReader(ReadList("boiler-1", registers), bus.unit(1))
        try:
            for _ in range(times):
                sample = await reader.read()
            return sample, reader
        finally:
            bus.close()

    return run(scenario())


NAMES = ("power_active_l1_kw", "power_active_l2_kw", "power_active_l3_kw", "power_active_kw")


# 1234.5 is 0x449A5000. Typed by hand: libmodbus's own float setters swap names and bytes, differently in 3.1.6 and 3.1.8.
LAID_OUT = {"ABCD": (0x449A, 0x5000), "CDAB": (0x5000, 0x449A), "BADC": (0x9A44, 0x0050), "DCBA": (0x0050, 0x9A44)}


@pytest.mark.parametrize("function", [3, 4])
def test_floats_in_every_order_come_through_libmodbus_as_they_were_laid_out(server, function):
    table = server.holding if function == 3 else server.input
    for index, words in enumerate(LAID_OUT.values()):
        table[2 * index], table[2 * index + 1] = words
    registers = [
        Register(name, function, FIRST + 2 * index, RegisterType.F32, "kW", order=order)
        for index, (name, order) in enumerate(zip(NAMES, LAID_OUT, strict=True))
    ]
    sample, _ = read(server, *registers)
    assert sample.values == (1234.5,) * 4
    assert sample.flags == ()


def test_a_64_bit_counter_in_libmodbus_registers_is_read_to_the_watt_hour(server):
    for place, word in enumerate((0x0000, 0x0001, 0x1234, 0x5678)):
        server.holding[50 + place] = word
    sample, _ = read(server, Register("energy_import_kwh", 3, FIRST + 50, RegisterType.I64, "Wh"))
    assert sample.raw == {"energy_import_kwh": 0x1_1234_5678}
    assert sample.values == (0x1_1234_5678 * 0.001,)


def test_the_longest_request_is_answered(server):
    server.holding[99] = 1
    first = Register("temperature_c", 3, FIRST, RegisterType.U16, "degC")
    last = Register("pressure_bar_gauge", 3, FIRST + 99, RegisterType.U16, "bar")
    sample, reader = read(server, first, last)
    assert sample.values == (0.0, 1.0)
    assert [block.count for block in reader.blocks] == [100]


def test_libmodbus_refuses_what_lies_outside_and_the_rest_is_read(server):
    server.holding[98] = 20
    inside = Register("temperature_c", 3, FIRST + 98, RegisterType.U16, "degC")
    outside = Register("pressure_bar_gauge", 3, FIRST + 104, RegisterType.U16, "bar")
    sample, reader = read(server, inside, outside, times=2)
    assert sample.values == (20.0, None)
    assert sample.flags == ((1, "missing", "refused"),)
    assert isinstance(reader.trouble, DeviceRefusedError)
