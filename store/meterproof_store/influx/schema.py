"""What things are called in the database, version 1 of the layout; everything else asks here.

Two classes of data are kept for different times, so each has a retention policy of its own (a bucket on 2.x, a
database on 3.x): *counters*, which also hold intervals and journal, for good, and *gauges* for a while.

A quantity's value is a float field of the quantity's own name. What belongs to it carries a suffix behind two
underscores:

``__raw_i, __raw_f, __raw_u, __raw_c``
    The raw register: a 64-bit integer, a float, a text of digits above 2**63 - 1, a composite as JSON. A field keeps
    one type for ever, so each type has a field of its own.
``__raw_is``
    Which of them counts, where one instant came to have several.
``__flag``
    Why a value is not good, as JSON ``[level, reason, value]``; it speaks of that value only, "" of none.
``__missing``
    Why there is no value, as JSON ``[level, reason]``; it counts only where there is none.

A quantity that has two underscores in its own name, or the name of a tag, gets ``__v`` behind it.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from meterproof_core.errors import StoreRefusedError
from meterproof_core.names import ID_RULE, is_column, is_id
from meterproof_core.quantities import QUANTITIES, Kind

SCHEMA_VERSION = 1
READINGS = "readings"
INTERVALS = "intervals"
JOURNAL = "journal"
SCHEMA = "meterproof_schema"

CONFIG, GATEWAY, SEQ, STREAM = "_config", "_gateway", "_seq", "_stream"
"""Where a row came from: fields of every point of `READINGS`."""
QUALITY = "_quality"
"""The flags of the last batch that had some, as JSON: for people and dashboards; reading goes by the fields below."""
ALONE = "_alone"
"""True on a row of gauges whose batch had no counters beside them: what has to be counted in addition."""

RAW_KINDS: tuple[str, ...] = ("i", "f", "u")
FLAG, MISSING, RAW_IS, RAW_COMPOSITE = "__flag", "__missing", "__raw_is", "__raw_c"
_TAGS = frozenset({"plant", "point", "time"})

MIN_MS, MAX_MS = -9_223_372_036_854, 9_223_372_036_853
"""First and last instant that a signed 64-bit count of ns holds with all its 999,999 ns [ms]."""


class Policy(StrEnum):
    """A class of data that is kept for its own time."""

    COUNTERS = "counters"
    GAUGES = "gauges"


@cache
def policy_of(quantity: str) -> Policy:
    """Return the class in which a quantity is kept; what is unknown is kept for good."""
    known = QUANTITIES.get(quantity)
    return Policy.GAUGES if known is not None and known.kind is Kind.GAUGE else Policy.COUNTERS


@cache
def value_field(quantity: str) -> str:
    """Return the field of a quantity's value.

    Raises
    ------
    StoreRefusedError
        When the name is no name: it would become part of a line or a statement.
    """
    if not is_column(quantity):
        raise StoreRefusedError(f"quantity {quantity!r} is not a name; use a-z, 0-9 and '_', starting with a letter")
    return f"{quantity}__v" if "__" in quantity or quantity in _TAGS else quantity


@cache
def raw_field(quantity: str, kind: str) -> str:
    """Return the field of a quantity's raw registers of one type, a member of `RAW_KINDS`."""
    value_field(quantity)
    return f"{quantity}__raw_{kind}"


_TYPES_BY_SUFFIX: Mapping[str, type] = {
    FLAG: str,
    MISSING: str,
    RAW_IS: str,
    RAW_COMPOSITE: str,
    "__raw_i": int,
    "__raw_f": float,
    "__raw_u": str,
}
_SUFFIXES = (*_TYPES_BY_SUFFIX, "__v")
_TYPES: Mapping[str, type] = {
    CONFIG: str,
    GATEWAY: str,
    STREAM: str,
    QUALITY: str,
    SEQ: int,
    "plant": str,
    "point": str,
}


@cache
def reading_type(field: str) -> type:
    """Return the type that a field or tag of `READINGS` has; a value is a float."""
    if field in _TYPES:
        return _TYPES[field]
    return next((type_ for suffix, type_ in _TYPES_BY_SUFFIX.items() if field.endswith(suffix)), float)


@cache
def quantity_of(field: str) -> str:
    """Return the quantity to which a field of `READINGS` belongs."""
    return next((field.removesuffix(suffix) for suffix in _SUFFIXES if field.endswith(suffix)), field)


def checked_id(what: str, name: str) -> str:
    """Return the name of a plant or a point if it is one.

    Raises
    ------
    StoreRefusedError
        When it is none: what is no id never becomes a tag, so that no name can break a line.
    """
    if not is_id(name):
        raise StoreRefusedError(f"{what} {name!r} is not an id; use {ID_RULE}")
    return name
