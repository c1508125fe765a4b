import pytest
from modbus_wire import DirectLink, run
from ticker import Ticker

from meterproof_core.clock import ManualClock
from meterproof_edge.errors import BadAnswerError, DeviceRefusedError, LinkError, NoAnswerError
from meterproof_edge.link import Answer
from meterproof_edge.meter_reader import MeterReader, ReadList
from meterproof_edge.plan import WireCost
from meterproof_edge.registers import Register, RegisterMap, RegisterType
from meterproof_edge.simulator.meter import SimulatedMeter
from meterproof_edge.simulator.waveforms import SINCE_MS, Waveforms

NOW = SINCE_MS + 1_000_000_000
VOLTS = ("voltage_l1_v", "voltage_l2_v", "voltage_l3_v")
ENERGY = "energy_import_kwh"


def volt(name: str, address: int, **more) -> Register:
    return Register(quantity=name, function=3, address=address, type=RegisterType.F32, unit="V", **more)


def energy(address: int, **more) -> Register:
    return Register(quantity=ENERGY, function=3, address=address, type=RegisterType.I64, unit="Wh", **more)


def reader_of(*registers: Register, holes=(), max_registers: int = 125, more=()) -> tuple[MeterReader, DirectLink]:
    register_map = RegisterMap(
        id="made-up", version=1, vendor="Nobody", model="M1", firmware="any", sources={},
        registers=(*registers, *more), max_registers=max_registers,
    )  # fmt: skip
    clock = ManualClock(NOW)
    link = DirectLink(SimulatedMeter(register_map, Waveforms(), clock, holes=holes), clock)
    return MeterReader(ReadList("boiler-1", registers, 125, WireCost.tcp()), link), link


class ScriptedLink:
    """Answers 2.0 V everywhere, later each time, unless an address is to fail."""

    def __init__(self, failures: dict[int, LinkError]) -> None:
        self.failures = failures
        self.now_ms = NOW

    async def read(self, function: int, start: int, count: int) -> Answer:
        self.now_ms += 10
        if start in self.failures:
            raise self.failures[start]
        return Answer((0x4000, 0) * (count // 2), self.now_ms)


def far_apart() -> MeterReader:
    registers = tuple(volt(name, 1000 * index) for index, name in enumerate(VOLTS))
    return MeterReader(ReadList("boiler-1", registers), ScriptedLink({}))


def test_one_block_is_one_request_and_one_instant():
    reader, link = reader_of(*(volt(name, 2 * index) for index, name in enumerate(VOLTS)), energy(10))
    sample = run(reader.read())
    assert link.asked == [(0, 14)]
    assert sample.point == "boiler-1"
    assert sample.t_ms == NOW
    assert sample.quantities == (*VOLTS, ENERGY)
    assert sample.values == pytest.approx((Waveforms().gauge("voltage_l1_v", NOW),) * 3 + (sample.raw[ENERGY] / 1000,))
    assert sample.flags == ()
    assert reader.trouble is None


def test_the_quantities_keep_the_order_of_the_settings_whatever_the_addresses():
    reader, _ = reader_of(energy(10), volt("voltage_l1_v", 0))
    sample = run(reader.read())
    assert sample.quantities == (ENERGY, "voltage_l1_v")
    assert sample.values[0] == sample.raw[ENERGY] * 0.001


def test_a_failed_request_costs_its_own_quantities_only():
    reader = far_apart()
    reader._link.failures[1000] = NoAnswerError("silent")
    sample = run(reader.read())
    assert sample.values == (2.0, None, 2.0)
    assert sample.flags == ((1, "missing", "no-answer"),)
    assert str(reader.trouble) == "silent"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BadAnswerError("odd"), "bad-answer"),
        (DeviceRefusedError("", 6), "refused"),
        (DeviceRefusedError("", 2), "refused"),
    ],
)
def test_the_reason_of_a_missing_value_is_told(error, reason):
    reader = far_apart()
    reader._link.failures[0] = error
    assert run(reader.read()).flags == ((0, "missing", reason),)


def test_when_the_trouble_is_over_it_is_forgotten():
    reader = far_apart()
    reader._link.failures[1000] = NoAnswerError("silent")
    run(reader.read())
    reader._link.failures.clear()
    assert run(reader.read()).flags == ()
    assert reader.trouble is None


def test_when_nothing_is_answered_there_is_no_sample_and_the_first_error_is_raised():
    reader = far_apart()
    reader._link.failures = {0: NoAnswerError("first"), 1000: NoAnswerError("second"), 2000: NoAnswerError("third")}
    with pytest.raises(NoAnswerError, match="first"):
        run(reader.read())


def test_the_instant_is_that_of_the_request_that_holds_a_counter():
    registers = (volt("voltage_l1_v", 0), Register(ENERGY, 3, 1000, RegisterType.F32, "kWh", resolution=0.1))
    reader = MeterReader(ReadList("boiler-1", registers), ScriptedLink({}))
    assert run(reader.read()).t_ms == NOW + 20


def test_without_a_counter_it_is_that_of_the_first_answer():
    assert run(far_apart().read()).t_ms == NOW + 10


def test_a_bad_value_is_flagged_in_its_own_column():
    reader = MeterReader(
        ReadList("boiler-1", (volt("voltage_l1_v", 1000), volt("voltage_l2_v", 0, sentinels=(2.0,)))), ScriptedLink({})
    )
    sample = run(reader.read())
    assert sample.values == (2.0, None)
    assert sample.flags == ((1, "bad", "sentinel"),)


def test_a_gap_that_may_not_be_read_is_found_and_then_read_around():
    reader, link = reader_of(volt(VOLTS[0], 0), volt(VOLTS[1], 2), volt(VOLTS[2], 10), holes=[(6, 7)])
    first = run(reader.read())
    assert None not in first.values
    assert link.asked == [(0, 12), (0, 4), (10, 2)]
    link.asked.clear()
    second = run(reader.read())
    assert None not in second.values
    assert reader.trouble is None
    assert link.asked == [(0, 4), (10, 2)]


def test_a_unit_that_takes_fewer_registers_than_its_model_is_learned():
    reader, link = reader_of(*(volt(name, 2 * index) for index, name in enumerate(VOLTS)), max_registers=4)
    assert None not in run(reader.read()).values
    link.asked.clear()
    assert None not in run(reader.read()).values
    assert all(count <= 4 for _, count in link.asked)


def test_an_optional_register_that_a_unit_lacks_is_absent_and_no_trouble():
    reader, link = reader_of(volt(VOLTS[0], 0), volt(VOLTS[1], 2, optional=True), volt(VOLTS[2], 4), holes=[(2, 4)])
    for _ in range(2):
        sample = run(reader.read())
        assert sample.flags == ((1, "missing", "absent"),)
        assert reader.trouble is None
    link.asked.clear()
    run(reader.read())
    assert link.asked == [(0, 2), (4, 2)]


def test_a_refused_register_is_asked_for_alone_and_costs_no_other():
    reader, link = reader_of(volt(VOLTS[0], 0), volt(VOLTS[1], 2), volt(VOLTS[2], 4), holes=[(2, 4)])
    run(reader.read())
    link.asked.clear()
    sample = run(reader.read())
    assert sample.flags == ((1, "missing", "refused"),)
    assert isinstance(reader.trouble, DeviceRefusedError)
    assert link.asked == [(0, 2), (2, 2), (4, 2)]


def test_a_unit_that_has_none_of_the_optional_registers_is_named():
    reader, _ = reader_of(volt(VOLTS[0], 4, optional=True), holes=[(4, 6)])
    for _ in range(2):
        with pytest.raises(LinkError, match="boiler-1: the unit has none of the registers asked for"):
            run(reader.read())


def test_only_the_half_that_holds_the_hole_is_read_around():
    third = volt("voltage_l1_l2_v", 22)
    reader, link = reader_of(volt(VOLTS[0], 0), volt(VOLTS[1], 6), volt(VOLTS[2], 20), third, holes=[(3, 4)])
    run(reader.read())
    assert link.asked == [(0, 24), (0, 8), (0, 2), (6, 2), (20, 4)]
    link.asked.clear()
    assert None not in run(reader.read()).values
    assert link.asked == [(0, 2), (6, 18)]


@pytest.fixture
def ticker():
    return Ticker()


@pytest.fixture
def booting(ticker):
    """A reader whose unit has just refused an optional register while it booted, and has it by now."""
    registers = (volt(VOLTS[0], 0), volt(VOLTS[1], 1000, optional=True))
    link = ScriptedLink({1000: DeviceRefusedError("", 2)})
    reader = MeterReader(ReadList("boiler-1", registers), link, monotonic=ticker)
    assert run(reader.read()).flags == ((1, "missing", "absent"),)
    link.failures.clear()
    return reader


def test_an_optional_register_that_was_refused_is_asked_for_again_after_an_hour(booting, ticker):
    ticker.now = 3599.0
    assert run(booting.read()).values == (2.0, None)
    ticker.now = 3600.0
    assert run(booting.read()).values == (2.0, 2.0)


def test_an_optional_register_that_was_refused_is_asked_for_again_once_the_unit_was_away(booting):
    booting._link.failures[0] = NoAnswerError("rebooting")
    with pytest.raises(NoAnswerError):
        run(booting.read())
    booting._link.failures.clear()
    assert run(booting.read()).values == (2.0, 2.0)


def test_a_unit_that_answers_oddly_was_not_away(booting):
    booting._link.failures[0] = BadAnswerError("odd")
    with pytest.raises(BadAnswerError):
        run(booting.read())
    booting._link.failures.clear()
    assert run(booting.read()).values == (2.0, None)


def test_a_unit_that_had_none_of_its_registers_for_a_while_comes_back(ticker):
    link = ScriptedLink({0: DeviceRefusedError("", 2)})
    reader = MeterReader(ReadList("boiler-1", (volt(VOLTS[0], 0, optional=True),)), link, monotonic=ticker)
    for _ in range(2):
        with pytest.raises(LinkError, match="none of the registers"):
            run(reader.read())
    link.failures.clear()
    ticker.now = 3600.0
    assert run(reader.read()).values == (2.0,)
