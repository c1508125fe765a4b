"""A simulated meter and a bus of them: what a Modbus server asks in the place of hardware."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from meterproof_core.clock import WallClock
from meterproof_core.errors import SettingsError
from meterproof_core.wire import CounterKind
from meterproof_edge.register_source import RequestRefusedError, UnknownUnitError
from meterproof_edge.registers import Register, RegisterMap
from meterproof_edge.simulator.encoder import Raw, RegisterValue, RunEncoder
from meterproof_edge.simulator.values import ValueSource

_NO_SUCH_REGISTER = 2
_COUNT_NOT_ACCEPTED = 3
_REMEMBERED_REQUESTS = 256

AddressRange = tuple[int, int]
"""First address and the one behind the last."""


@dataclass(frozen=True, slots=True)
class _Corruption:
    quantity: str
    raw: Raw
    from_ms: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What answers one request."""

    sources: tuple[RegisterValue, ...]
    encoder: RunEncoder
    head: int  # zero words before the first register, or, below 0, words of it that were not asked for
    count: int

    def words(self, raws: Sequence[Raw]) -> tuple[int, ...]:
        words = self.encoder.words(raws)
        words = (0,) * self.head + words if self.head >= 0 else words[-self.head :]
        return (words + (0,) * (self.count - len(words)))[: self.count]


class SimulatedMeter:
    """A meter that shows a register map with values that are a function of time.

    A request may read over words between two registers, which are 0, as long as they are no hole; outside the map it is
    refused with exception 2, as is one that touches a hole, and one longer than the model takes with exception 3.

    Parameters
    ----------
    register_map : RegisterMap
        The meter model.
    values : ValueSource
        What is measured.
    clock : WallClock
        The time at which a request finds the values.
    holes : sequence of AddressRange
        Addresses that must not be read.
    """

    def __init__(
        self, register_map: RegisterMap, values: ValueSource, clock: WallClock, *, holes: Sequence[AddressRange] = ()
    ) -> None:
        self.register_map = register_map
        self._values = values
        self._clock = clock
        self._holes = tuple(holes)
        self._runs: dict[tuple[int, int, int], _Run] = {}
        self._corruptions: list[_Corruption] = []
        self._lost_ms: int | None = None

    def read(self, function: int, address: int, count: int) -> tuple[int, ...]:
        """Return the words of a request at the clock's time.

        Raises
        ------
        RequestRefusedError
            With the exception code that the meter answers.
        """
        run = self._runs.get((function, address, count)) or self._remember(function, address, count)
        t_ms = self._clock.now_ms()
        raws = [source.raw(t_ms) for source in run.sources]
        if self._corruptions:
            self._corrupt(run, raws, t_ms)
        return run.words(raws)

    def amount_between(self, quantity: str, start_ms: int, end_ms: int) -> Fraction:
        """Return what the simulation let flow between two instants, exact and before any register's rounding.

        Parameters
        ----------
        quantity : str
            A cumulative quantity.
        start_ms, end_ms : int
            The instants [ms since 1970-01-01 UTC].
        """
        start, end = (Fraction(*self._values.counter(quantity, t_ms)) for t_ms in (start_ms, end_ms))
        return end - start

    def raw_at(self, quantity: str, t_ms: int) -> Raw:
        """Return what the register of a quantity shows at an instant [counts]."""
        return self._shown(self._register(quantity)).raw(t_ms)

    def lose_power(self, at_ms: int) -> None:
        """Forget at an instant what the pulse inputs had counted [ms since 1970-01-01 UTC]; the last loss counts."""
        self._lost_ms = at_ms
        self._runs.clear()

    def corrupt(self, quantity: str, raw: Raw, from_ms: int) -> None:
        """Put a wrong raw number on the wire once: in the first answer at or after an instant that holds the register.

        Parameters
        ----------
        quantity : str
            Which register.
        raw : int or float
            What it shows instead [counts].
        from_ms : int
            The instant [ms since 1970-01-01 UTC].
        """
        self._register(quantity)
        self._corruptions.append(_Corruption(quantity, raw, from_ms))

    def _register(self, quantity: str) -> Register:
        for register in self.register_map.registers:
            if register.quantity == quantity:
                return register
        known = ", ".join(register.quantity for register in self.register_map.registers)
        raise SettingsError(f"map {self.register_map.id}: no register of {quantity!r}; it has {known}")

    def _remember(self, function: int, address: int, count: int) -> _Run:
        run = self._run(function, address, count)
        if len(self._runs) >= _REMEMBERED_REQUESTS:
            self._runs.clear()
        self._runs[function, address, count] = run
        return run

    def _run(self, function: int, address: int, count: int) -> _Run:
        end = address + count
        of_function = [register for register in self.register_map.registers if register.function == function]
        if count > self.register_map.max_registers:
            raise RequestRefusedError(_COUNT_NOT_ACCEPTED)
        by_address = {reg.address: reg for reg in of_function if reg.address < end and reg.end > address}
        touched = [by_address[at] for at in sorted(by_address)]  # names of one number share its address
        beyond = not of_function or end > max(register.end for register in of_function)
        before = beyond or address < min(register.address for register in of_function)
        if before or not touched or any(first < end and last > address for first, last in self._holes):
            raise RequestRefusedError(_NO_SUCH_REGISTER)
        sources = tuple(self._shown(register) for register in touched)
        return _Run(sources, RunEncoder(touched), touched[0].address - address, count)

    def _shown(self, register: Register) -> RegisterValue:
        value = RegisterValue(register, self._values)
        if register.kind is CounterKind.PULSE:
            value.lost_ms = self._lost_ms
        return value

    def _corrupt(self, run: _Run, raws: list[Raw], t_ms: int) -> None:
        names = [source.register.quantity for source in run.sources]
        for corruption in tuple(self._corruptions):
            if corruption.from_ms <= t_ms and corruption.quantity in names:
                raws[names.index(corruption.quantity)] = corruption.raw
                self._corruptions.remove(corruption)


class SimulatedBus:
    """Simulated meters by unit id: a `RegisterSource`."""

    def __init__(self, meters: Mapping[int, SimulatedMeter]) -> None:
        self.meters = dict(meters)

    def read(self, unit_id: int, function: int, address: int, count: int) -> Sequence[int]:
        """Return the words that a unit shows."""
        meter = self.meters.get(unit_id)
        if meter is None:
            raise UnknownUnitError(f"unit_id {unit_id} unknown; there are {', '.join(map(str, self.meters))}")
        return meter.read(function, address, count)
