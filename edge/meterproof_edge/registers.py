"""What a register map says: pure values, made from TOML by `map_library`, used by decoder, read plan and simulator."""

from enum import StrEnum

import msgspec

from meterproof_core.wire import CounterKind

WORD_ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
"""Order of the bytes of a 32-bit value on the wire; the same pattern runs on over the words of a 64-bit one."""


class RegisterType(StrEnum):
    """How the words of a register are to be read."""

    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"

    @property
    def words(self) -> int:
        """Number of 16-bit words on the wire."""
        return int(self.value[1:]) // 16

    @property
    def is_float(self) -> bool:
        """Whether it is an IEEE 754 number."""
        return self.value[0] == "f"


class Trust(StrEnum):
    """How far a register's description can be trusted."""

    DOCUMENTED = "documented"  # one source
    CROSS_CHECKED = "cross-checked"  # two independent sources agree
    SEEN_ON_HARDWARE = "seen-on-hardware"
    CONFLICT = "conflict"  # sources disagree: not read by default, never for billing


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One quantity of a meter model.

    Parameters
    ----------
    quantity : str
        Name from core's catalogue.
    function : int
        Modbus function code, 3 or 4; nothing here ever writes.
    address : int
        PDU address, counted from 0, as sent on the wire.
    type : RegisterType
        How the words are to be read.
    unit : str
        Unit of one count times `scale`, as the meter gives it (``Wh``, ``kW``, ``m3/h``).
    order : str
        One of `WORD_ORDERS`.
    scale : float
        Meter's unit a count.
    sentinels : tuple of int or float
        Raw values that mean "not available".
    modulus : int or None
        Counts at which a counter rolls over; None when it never does.
    resolution : float or None
        Smallest step of a counter [counts]; None is 1 for whole numbers, and a float counter must give it.
    optional : bool
        Absent on some units of the model: no error.
    unit_as_set : bool
        The meter's unit is a setting of the device: whoever commissions it must state it; `unit` is an example.
    kind : CounterKind
        How a counter is to be understood.
    interval_s : float or None
        Length of the interval whose amount an interval meter shows [s].
    interval_offset_s : float
        How long after a multiple of its length, counted from 1970-01-01 UTC, such an interval ends [s].
    input : str
        Name of a pulse input. What its pulses count, and how much, is wired on site: the settings must say it.
    sources : tuple of str
        Keys of the map's sources that describe this register; at least one.
    trust : Trust
        How far this line can be trusted.
    note : str
        What a person should know of it.
    """

    quantity: str
    function: int
    address: int
    type: RegisterType
    unit: str
    order: str = "ABCD"
    scale: float = 1.0
    sentinels: tuple[int | float, ...] = ()
    modulus: int | None = None
    resolution: float | None = None
    optional: bool = False
    unit_as_set: bool = False
    kind: CounterKind = CounterKind.CUMULATIVE
    interval_s: float | None = None
    interval_offset_s: float = 0.0
    input: str = ""
    sources: tuple[str, ...] = ()
    trust: Trust = Trust.DOCUMENTED
    note: str = ""

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.address + self.type.words

    @property
    def label(self) -> str:
        """What people call it: its quantity, and its input where it has one."""
        return f"{self.quantity} of input {self.input}" if self.input else self.quantity

    @property
    def interval_ms(self) -> int:
        """Length of the meter's interval; 0 where it has none [ms]."""
        return round((self.interval_s or 0.0) * 1000)

    @property
    def interval_offset_ms(self) -> int:
        """How long after a multiple of its length an interval ends [ms]."""
        return round(self.interval_offset_s * 1000)

    @property
    def smallest_step(self) -> float:
        """Smallest step of a counter [counts]."""
        return 1.0 if self.resolution is None else self.resolution


class RegisterMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A meter model's registers and how it wants to be spoken to.

    Parameters
    ----------
    id : str
        File name without ending, such as ``eastron-sdm630``.
    version : int
        Rises with every change of meaning.
    vendor, model : str
        For people.
    firmware : str
        Range that the sources speak of; ``not stated`` when they do not.
    sources : mapping of str to str
        By a short key: manual with page, or public repository with path; at least one.
    registers : tuple of Register
        The quantities.
    max_registers : int
        Most words a request may ask for.
    min_gap_ms : int
        Shortest pause between two requests [ms].
    note : str
        What a person should know of the model.
    """

    id: str
    version: int
    vendor: str
    model: str
    firmware: str
    sources: dict[str, str]
    registers: tuple[Register, ...]
    max_registers: int = 125
    min_gap_ms: int = 0
    note: str = ""
