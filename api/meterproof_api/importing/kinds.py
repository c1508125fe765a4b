"""What people import, and how a file of theirs is laid out: nothing about a file is guessed that can be two things."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis


class Kind(StrEnum):
    """What the rows of a file are."""

    READINGS = "readings"  # momentary values and registers at instants
    INTERVALS = "intervals"  # amounts from an instant to the next
    BILLS = "bills"  # amounts from a read of the meter to the next
    PRODUCTION = "production"
    DRIVERS = "drivers"
    MATERIALS = "materials"
    WASTE = "waste"

    @property
    def by_column(self) -> bool:
        """Whether rows are instants, kept as columns of numbers; else they are days, kept as records."""
        return self in {Kind.READINGS, Kind.INTERVALS}


class Label(StrEnum):
    """Which end of its interval a time stamp names."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How to read a file.

    Parameters
    ----------
    kind : Kind
        What its rows are.
    plant : str
        Whose.
    origin : Origin
        What kind of evidence they are.
    series : str or None
        Name behind the kind, such as ``natural_gas``; None where a column ``series`` names it row by row.
    columns : mapping of field to column
        Its header or, for a sheet or a file without usable headers, its letters (``A``, ``BC``); fields that are left
        out are found by their usual headers; with an empty header a field is not read. A field ``point/quantity`` is a
        value column of a wide file.
    unit : str or None
        Of rows that no unit column speaks for; of intervals and readings None means the quantity's own.
    units : mapping of str to str
        Of single value columns ``point/quantity``.
    target_unit : str or None
        ``kWh`` converts fuel by volume or mass with the heat content of each row; None keeps what was bought.
    time_zone : str or None
        IANA name; needed where instants are written without their offset.
    decimal : str or None
        ``.`` or ``,``; the other one, a space or an apostrophe may part the thousands. None: a point, and ``1,234`` is
        refused, because it could be either.
    sheet : str or None
        Of a workbook; needed where it has several.
    header_line : int
        Line with the headers, counted from 1; what stands above it is not read.
    carrier : str or None
        Fuel, for the plausible range of its heat content; None: the series' name, if it is one.
    heat_content, heat_content_unit : str or None
        In force for rows that bring none.
    calorific_basis : CalorificBasis or None
        The same.
    currency : str
        ISO 4217 code of costs that bring none.
    point, quantity : str or None
        Of the one value column of intervals or readings.
    day_first : bool or None
        Whether 03/04/2025 is in April; None refuses dates that could be two.
    delimiter : str or None
        Of a text file; None: found in the header line among ``,`` ``;`` and tab.
    label : Label or None
        Which end of its interval a single time stamp names; not needed where there are two.
    interval_minutes : int or None
        Length of each interval that has one time stamp; None: the step that all neighbours keep.
    """

    kind: Kind
    plant: str
    origin: Origin
    series: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    target_unit: str | None = None
    time_zone: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    header_line: int = 1
    carrier: str | None = None
    heat_content: str | None = None
    heat_content_unit: str | None = None
    calorific_basis: CalorificBasis | None = None
    currency: str = ""
    point: str | None = None
    quantity: str | None = None
    day_first: bool | None = None
    delimiter: str | None = None
    label: Label | None = None
    interval_minutes: int | None = None
