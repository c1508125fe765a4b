from fractions import Fraction
from math import pi, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.clock import ManualClock
from meterproof_core.errors import SettingsError
from meterproof_core.quantities import QUANTITIES, Kind
from meterproof_edge.decode import BlockDecoder
from meterproof_edge.map_library import shipped_maps
from meterproof_edge.register_source import RequestRefusedError, UnknownUnitError
from meterproof_edge.registers import WORD_ORDERS, Register, RegisterMap, RegisterType
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.recorded import RecordedSeries, RecordedValues
from meterproof_edge.simulator.waveforms import SINCE_MS, DailyWave, Waveforms

HOUR = 3_600_000
NOW = SINCE_MS + 40 * 24 * HOUR + 12_345_678
ENERGY = "energy_import_kwh"


def map_of(*registers: Register, max_registers: int = 125) -> RegisterMap:
    return RegisterMap(
        id="made-up", version=1, vendor="Nobody", model="M1", firmware="any", sources={}, registers=registers, max_registers=max_registers
    )  # fmt: skip


def register(quantity: str, address: int, type_: RegisterType, unit: str, **more) -> Register:
    return Register(quantity=quantity, function=3, address=address, type=type_, unit=unit, **more)


class Constant:
    """Every quantity is one number."""

    def __init__(self, value) -> None:
        self.value = value

    def gauge(self, quantity: str, t_ms: int) -> float:
        return float(self.value)

    def counter(self, quantity: str, t_ms: int) -> tuple[int, int]:
        return Fraction(self.value).as_integer_ratio()


def words_of(value, *registers: Register) -> tuple[int, ...]:
    meter = SimulatedMeter(map_of(*registers), Constant(value), ManualClock(NOW))
    start = min(one.address for one in registers)
    return meter.read(3, start, max(one.end for one in registers) - start)


def test_a_counter_shows_its_complete_counts_only():
    watt_hours = register(ENERGY, 0, RegisterType.I64, "Wh")
    assert words_of(Fraction("0.0019999"), watt_hours) == (0, 0, 0, 1)
    assert words_of(Fraction("65536"), watt_hours) == (0, 0, 65_536_000 >> 16, 65_536_000 & 0xFFFF)


def test_a_counter_rolls_over_at_its_modulus():
    six_digits = register(ENERGY, 0, RegisterType.U32, "kWh", modulus=1_000_000)
    assert words_of(999_999, six_digits) == (999_999 >> 16, 999_999 & 0xFFFF)
    assert words_of(1_000_007, six_digits) == (0, 7)


def test_a_counter_without_modulus_rolls_over_where_its_words_end():
    assert words_of(2**32 + 5, register(ENERGY, 0, RegisterType.U32, "kWh")) == (0, 5)


def test_a_gauge_is_rounded_to_a_count_and_may_be_negative():
    tenths = register("temperature_c", 0, RegisterType.I16, "degC", scale=0.1)
    assert words_of(21.26, tenths) == (213,)
    assert words_of(-0.5, tenths) == (0xFFFB,)


def test_a_float_counter_is_not_cut_to_counts():
    assert words_of(1.5, register(ENERGY, 0, RegisterType.F32, "kWh")) == (0x3FC0, 0)


def test_names_of_one_number_are_served_once():
    same = (register("current_l1_a", 4, RegisterType.F32, "A"), register("current_l2_a", 4, RegisterType.F32, "A"))
    assert words_of(1.5, *same) == (0x3FC0, 0)


@given(
    st.lists(st.tuples(st.sampled_from(list(RegisterType)), st.sampled_from(WORD_ORDERS), st.integers(0, 3)), min_size=1, max_size=12),
    st.integers(0, 60_000),
)  # fmt: skip
def test_whatever_is_encoded_in_one_run_the_agents_decoder_reads_back(shapes, value):
    registers, at = [], 100
    names = [name for name, one in QUANTITIES.items() if one.kind is Kind.GAUGE and one.unit == "kW"][: len(shapes)]
    shapes = shapes[: len(names)]
    value = min(value, 30_000)  # what an i16 holds, too
    for name, (type_, order, gap) in zip(names, shapes, strict=True):
        at += gap
        registers.append(register(name, at, type_, "kW", order=order))
        at += type_.words
    words = words_of(value, *registers)
    assert BlockDecoder(registers).decode(words).values == (float(value),) * len(registers)


@pytest.mark.parametrize("meter_map", shipped_maps().values(), ids=lambda one: one.id)
def test_every_shipped_map_can_be_simulated_and_shows_plausible_values(meter_map):
    meter = SimulatedMeter(meter_map, Waveforms(), ManualClock(NOW))
    for one in meter_map.registers:
        decoded = BlockDecoder([one]).decode(meter.read(one.function, one.address, one.type.words))
        assert decoded.flags == (), one.quantity


class TestRequests:
    METER = SimulatedMeter(
        map_of(
            register("voltage_l1_v", 10, RegisterType.F32, "V"),
            register("voltage_l2_v", 14, RegisterType.F32, "V"),
            max_registers=8,
        ),
        Constant(1.5),
        ManualClock(NOW),
        holes=((13, 14),),
    )
    OPEN = SimulatedMeter(METER.register_map, Constant(1.5), ManualClock(NOW))

    @pytest.mark.parametrize(
        ("start", "count", "words"),
        [
            (10, 2, (0x3FC0, 0)),
            (10, 6, (0x3FC0, 0, 0, 0, 0x3FC0, 0)),
            (11, 4, (0, 0, 0, 0x3FC0)),
            (13, 2, (0, 0x3FC0)),
            (15, 1, (0,)),
        ],
    )
    def test_any_window_into_the_map_is_served(self, start, count, words):
        assert self.OPEN.read(3, start, count) == words

    @pytest.mark.parametrize(("start", "count"), [(9, 2), (15, 2), (12, 2), (500, 1)])
    def test_outside_the_described_registers_it_refuses_with_exception_2(self, start, count):
        with pytest.raises(RequestRefusedError) as refused:
            self.OPEN.read(3, start, count)
        assert refused.value.code == 2

    def test_another_function_code_finds_no_register(self):
        with pytest.raises(RequestRefusedError) as refused:
            self.OPEN.read(4, 10, 2)
        assert refused.value.code == 2

    def test_a_hole_refuses_whoever_reads_over_it(self):
        assert self.METER.read(3, 14, 2) == (0x3FC0, 0)
        with pytest.raises(RequestRefusedError):
            self.METER.read(3, 10, 6)

    def test_more_registers_than_the_model_takes_are_refused_with_exception_3(self):
        with pytest.raises(RequestRefusedError) as refused:
            self.OPEN.read(3, 10, 9)
        assert refused.value.code == 3

    def test_many_different_requests_do_not_fill_the_memory(self):
        wide = SimulatedMeter(
            map_of(*(register(ENERGY, at, RegisterType.U16, "kWh") for at in range(600))),
            Constant(7),
            ManualClock(NOW),
        )
        assert all(wide.read(3, at, 1) == (7,) for at in range(600))
        assert len(wide._runs) <= 256

    def test_a_bus_has_only_its_own_units(self):
        bus = SimulatedBus({3: self.OPEN})
        assert bus.read(3, 3, 10, 2) == (0x3FC0, 0)
        with pytest.raises(UnknownUnitError, match="unit_id 4 unknown; there are 3"):
            bus.read(4, 3, 10, 2)


class TestCorruption:
    def meter(self, clock):
        record = RecordedSeries(NOW, HOUR, 100, {ENERGY: (360_000, 360_000)})
        return SimulatedMeter(map_of(register(ENERGY, 0, RegisterType.I64, "Wh")), RecordedValues(record), clock)

    def test_one_answer_at_or_after_the_instant_is_wrong_and_no_other(self):
        clock = ManualClock(NOW)
        meter = self.meter(clock)
        meter.corrupt(ENERGY, 77, from_ms=NOW + 2000)
        seen = []
        for step in range(5):
            clock.move_to(NOW + 1000 * step + (1 if step == 2 else 0))
            seen.append(meter.read(3, 0, 4)[3])
        true = [meter.raw_at(ENERGY, NOW + 1000 * step) & 0xFFFF for step in range(5)]
        assert seen == [true[0], true[1], 77, true[3], true[4]]

    def test_an_answer_without_the_register_leaves_the_fault_waiting(self):
        clock = ManualClock(NOW)
        two = map_of(register(ENERGY, 0, RegisterType.U16, "kWh"), register("voltage_l1_v", 1, RegisterType.U16, "V"))
        meter = SimulatedMeter(two, Constant(5), clock)
        meter.corrupt("voltage_l1_v", 9, from_ms=NOW)
        assert meter.read(3, 0, 1) == (5,)
        assert meter.read(3, 0, 2) == (5, 9)
        assert meter.read(3, 0, 2) == (5, 5)

    def test_an_unknown_register_cannot_be_corrupted(self):
        with pytest.raises(SettingsError, match="no register of 'volume_m3'; it has energy_import_kwh"):
            self.meter(ManualClock(NOW)).corrupt("volume_m3", 1, from_ms=0)

    def test_the_truth_is_not_corrupted(self):
        meter = self.meter(ManualClock(NOW))
        meter.corrupt(ENERGY, 77, from_ms=NOW)
        assert meter.amount_between(ENERGY, NOW, NOW + HOUR) == 3600


class TestWaveforms:
    def test_a_day_holds_24_times_the_mean(self):
        assert DailyWave(10, 4).total(NOW, NOW + 24 * HOUR) == pytest.approx(240, rel=1e-12)

    def test_the_total_is_the_integral_of_the_rate(self):
        wave, steps = DailyWave(10, 4), 10_000
        width = 7 * HOUR / steps
        middle = sum(wave.at(int(NOW + (step + 0.5) * width)) for step in range(steps)) * width / HOUR
        assert wave.total(NOW, NOW + 7 * HOUR) == pytest.approx(middle, rel=1e-6)

    @pytest.mark.parametrize("name", [name for name, one in QUANTITIES.items() if one.kind is Kind.COUNTER])
    def test_every_counter_starts_at_zero_and_never_falls(self, name):
        waves = Waveforms()
        totals = [Fraction(*waves.counter(name, SINCE_MS + hours * HOUR)) for hours in range(-2, 60)]
        assert totals[0] == 0
        assert totals == sorted(totals)

    @pytest.mark.parametrize("name", [name for name, one in QUANTITIES.items() if one.kind is Kind.GAUGE])
    def test_every_gauge_is_plausible_at_any_hour(self, name):
        waves = Waveforms()
        assert all(QUANTITIES[name].accepts(waves.gauge(name, NOW + hours * HOUR)) for hours in range(30))

    def test_energy_is_the_integral_of_power(self):
        waves = Waveforms()
        hour = Fraction(*waves.counter(ENERGY, NOW + 1000)) - Fraction(*waves.counter(ENERGY, NOW))
        assert float(hour) * 3600 == pytest.approx(waves.gauge("power_active_kw", NOW + 500), rel=1e-6)

    def test_the_three_phases_add_up(self):
        waves = Waveforms()
        phases = sum(waves.gauge(f"power_active_l{phase}_kw", NOW) for phase in (1, 2, 3))
        assert phases == pytest.approx(waves.gauge("power_active_kw", NOW))
        counted = sum(Fraction(*waves.counter(f"energy_import_l{phase}_kwh", NOW)) for phase in (1, 2, 3))
        assert float(counted) == pytest.approx(float(Fraction(*waves.counter(ENERGY, NOW))))

    def test_voltage_current_and_power_agree(self):
        waves = Waveforms()
        volts, amps = waves.gauge("voltage_l1_v", NOW), waves.gauge("current_l1_a", NOW)
        assert 3 * volts * amps / 1000 == pytest.approx(waves.gauge("power_apparent_kva", NOW))
        assert waves.gauge("voltage_l1_l2_v", NOW) == pytest.approx(sqrt(3) * volts)
        assert volts == pytest.approx(230 * (1 + 0.01 * sin(2 * pi * NOW / HOUR)))

    def test_what_no_wave_describes_is_refused_by_name(self):
        with pytest.raises(SettingsError, match="quantity 'noise_db' has no waveform"):
            Waveforms().gauge("noise_db", NOW)
        with pytest.raises(SettingsError, match="quantity 'power_active_kw' has no waveform for a counter"):
            Waveforms().counter("power_active_kw", NOW)
