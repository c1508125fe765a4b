"""What the programme reads of a statement: few fields, each checked, so that ten thousand are read in a moment.

A field that is wrong makes its statement unusable and says where; it never makes a total wrong.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from meterproof_core.errors import DataError
from meterproof_mv.dossier.vocabulary import OptionState

FORMAT = "meterproof-statement/1"
SIGNED = "signed"
YEAR_DAYS = (365, 366)
_Verified = Annotated[float, Meta(ge=0, lt=1e12)]
_Key = Annotated[str, Meta(min_length=1)]


class PeriodFields(Struct, frozen=True, gc=False):
    """Local days, half-open."""

    start: date
    end: date


class PlantFields(Struct, frozen=True, gc=False):
    """Whose statement it is."""

    id: _Key
    name: str
    country: str
    sector: str
    simulated: bool


class OptionFields(Struct, frozen=True, gc=False):
    """A cleaner-production option."""

    id: _Key
    technique: str
    state: OptionState


class SavingsFields(Struct, frozen=True, gc=False):
    """The error behind a stream's savings; None where no interval is given."""

    lower: float | None
    upper: float | None
    standard_error: float | None
    degrees_of_freedom: float | None


class TonnesFields(Struct, frozen=True, gc=False):
    """Avoided emissions; None where a figure is not given."""

    co2e_t: float | None
    lower: float | None
    upper: float | None
    verified_co2e_t: _Verified


class StreamFields(Struct, frozen=True, gc=False):
    """One flow over the measurement boundary."""

    id: _Key
    carrier: str
    unit: str
    linked_options: tuple[str, ...]
    status: Literal["claimable", "not_claimable"]
    verified: _Verified
    savings: SavingsFields | None
    tonnes: TonnesFields | None
    calorific_basis: str | None = None
    factors: tuple[str, ...] = ()

    @property
    def is_claimed(self) -> bool:
        """Whether it is part of what the statement claims."""
        return bool(self.linked_options) and self.status == "claimable"


class FactorFields(Struct, frozen=True, gc=False):
    """A pinned record."""

    factor_id: str
    version: int
    value: str
    quantity: str
    carrier: str
    gas: str | None = None
    uncertainty_low: str = ""
    uncertainty_high: str = ""
    uncertainty_kind: str = ""

    @property
    def ref(self) -> str:
        """``id@version``."""
        return f"{self.factor_id}@{self.version}"


class Statement(Struct, frozen=True, gc=False):
    """A statement as far as the programme adds it up."""

    format: str
    statement_id: _Key
    version: Annotated[int, Meta(ge=1)]
    state: str
    issued_at: Annotated[datetime, Meta(tz=True)]
    plant: PlantFields
    simulated: bool
    reporting_period: PeriodFields
    status: Literal["claimable", "not_claimable"]
    provisional: bool
    options: tuple[OptionFields, ...]
    streams: tuple[StreamFields, ...]
    gwp_set: str
    tonnes: TonnesFields | None
    factors: tuple[FactorFields, ...]

    @property
    def is_simulated(self) -> bool:
        """Whether plant or data are invented."""
        return self.simulated or self.plant.simulated

    @property
    def is_claimable(self) -> bool:
        """Whether it claims anything."""
        return self.status == "claimable"

    @property
    def issued_on(self) -> date:
        """The day in UTC on which it was issued."""
        return self.issued_at.astimezone(UTC).date()

    @property
    def days(self) -> int:
        """Length of the reporting period [d]."""
        return (self.reporting_period.end - self.reporting_period.start).days

    @property
    def is_annual(self) -> bool:
        """Whether the reporting period is a year, so that its tonnes are tonnes a year."""
        return self.days in YEAR_DAYS

    @property
    def linked_streams(self) -> frozenset[str]:
        """Ids of the streams that options act on."""
        return frozenset(stream.id for stream in self.streams if stream.linked_options)

    @property
    def verified_t(self) -> float:
        """What may be claimed [t CO2e]."""
        return self.tonnes.verified_co2e_t if self.tonnes and self.is_claimable else 0.0


def statement_of(document: Mapping[str, Any]) -> Statement:
    """Return what the programme reads of a ``statement.json``.

    Raises
    ------
    DataError
        When a part is missing, of another type, or contradicts another.
    """
    try:
        statement = msgspec.convert(document, Statement)
    except msgspec.ValidationError as error:
        raise DataError(f"statement.json: {error}") from None
    if statement.format != FORMAT:
        raise DataError(f"statement.json: format {statement.format!r} is not known; use {FORMAT!r}")
    period = statement.reporting_period
    if period.end <= period.start:
        raise DataError(f"statement.json: reporting period {period.start} to {period.end} holds no day")
    if not statement.is_claimable and statement.tonnes and statement.tonnes.verified_co2e_t:
        raise DataError(
            f"statement.json: status not_claimable, and yet {statement.tonnes.verified_co2e_t:g} t CO2e are verified; "
            "what may not be claimed verifies 0"
        )
    return statement
