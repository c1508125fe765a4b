"""The shape of ``statement.json``: what this program needs of a statement, checked before anything is shown of it.

A document may say more than is named here; what is named must be there and of its type.
"""

import re
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from meterproof_core.errors import DataError

Json = dict[str, Any]
FORMAT = "meterproof-statement/1"
ID_FORM = "<plant>.<first day>.<end day>, such as north-mill.2025-01-01.2026-01-01"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\.\d{4}-\d{2}-\d{2}\.\d{4}-\d{2}-\d{2}")


class Shape(msgspec.Struct, frozen=True):
    """What all parts of a document share: they are values."""


class PeriodShape(Shape, frozen=True):
    """Local days, half-open."""

    start: date
    end: date


class FindingShape(Shape, frozen=True):
    """One thing that a reader must know."""

    code: str
    severity: Literal["info", "warning", "refusal"]
    message: str
    clause: str
    data: Json


class PlantShape(Shape, frozen=True):
    """Whose statement it is."""

    id: str
    name: str
    country: str
    sector: str
    time_zone: str
    simulated: bool
    origin: str
    produces: bool


class OptionShape(Shape, frozen=True):
    """A linked cleaner-production option."""

    id: str
    title: str
    technique: str
    cause: str
    state: str
    start_up: date
    streams: list[str]


class CoverageShape(Shape, frozen=True):
    """How much of a period is known."""

    start: date
    end: date
    rows: int
    known_rows: int
    expected_intervals: int
    present_intervals: int
    completeness: float
    spans: int
    span_hours: float
    span_amount: float
    amount: float | None
    origins: list[str]


class ModelShape(Shape, frozen=True):
    """The baseline model; ratios are fractions."""

    model: str
    n: int
    p: int
    coefficients: dict[str, float | None]
    standard_errors: dict[str, float | None]
    r2: float | None
    cv_rmse: float | None
    nmbe: float | None
    rho1: float | None


class NaiveShape(Shape, frozen=True):
    """The interval under independent residuals, for comparison only."""

    lower: float | None
    upper: float | None
    standard_error: float | None


class SavingsShape(Shape, frozen=True):
    """Avoided use; None where a figure is not given."""

    avoided: float | None
    lower: float | None
    upper: float | None
    confidence: float
    adjusted_baseline: float | None
    actual: float | None
    lower_one_sided_90: float | None
    standard_error: float | None
    formula: str
    rho: float | None
    n_eff: float | None
    degrees_of_freedom: float | None
    m: int
    naive_for_comparison: NaiveShape | None = None


class TonnesShape(Shape, frozen=True):
    """Avoided emissions, the gases apart."""

    co2_t: float | None
    ch4_t: float | None
    n2o_t: float | None
    co2e_t: float | None
    lower: float | None
    upper: float | None
    lower_one_sided: float | None
    biogenic_co2_t: float | None
    verified_co2e_t: float


class StreamShape(Shape, frozen=True):
    """What is said of one stream."""

    id: str
    label: str
    carrier: str
    unit: str
    grain: Literal["day", "month"]
    drivers: list[str]
    linked_options: list[str]
    baseline: CoverageShape
    reporting: CoverageShape
    model: ModelShape | None
    savings: SavingsShape | None
    status: Literal["claimable", "not_claimable"]
    verified: float
    tonnes: TonnesShape | None
    findings: list[FindingShape]


class FactorShape(Shape, frozen=True):
    """A pinned record, as far as people are shown it."""

    factor_id: str
    version: int
    value: str
    unit: str
    quantity: str
    carrier: str
    publisher: str
    document: str
    edition: str
    page_or_table: str
    trust: str
    gas: str | None = None
    gwp_set: str = ""
    region: str = ""
    calorific_basis: str | None = None
    reference_year: str = ""
    checked_by: str = ""
    checked_on: date | None = None
    note: str = ""


class StatementShape(Shape, frozen=True):
    """A whole statement."""

    format: str
    statement_id: str
    version: int
    supersedes: str | int | None
    state: str
    language: str
    issued_at: datetime
    program: str
    plant: PlantShape
    simulated: bool
    baseline_period: PeriodShape
    reporting_period: PeriodShape
    status: Literal["claimable", "not_claimable"]
    provisional: bool
    options: list[OptionShape]
    streams: list[StreamShape]
    gwp_set: str
    tonnes: TonnesShape | None
    factors: list[FactorShape]
    findings: list[FindingShape]


def is_statement_id(text: str) -> bool:
    """Return whether a text may name a statement, and so a file (`ID_FORM`)."""
    return _ID.fullmatch(text) is not None


def shaped(document: Json) -> StatementShape:
    """Return a document as typed values.

    Raises
    ------
    DataError
        When a part is not there or of another type, with the place.
    """
    try:
        statement = msgspec.convert(document, StatementShape)
    except msgspec.ValidationError as error:
        raise DataError(f"statement.json: {error}") from None
    if statement.format != FORMAT:
        raise DataError(f"statement.json: format {statement.format!r} is not known; use {FORMAT!r}")
    if not is_statement_id(statement.statement_id):
        raise DataError(f"statement.json: statement_id {statement.statement_id!r} is none; use {ID_FORM}")
    if statement.version < 1:
        raise DataError(f"statement.json: version {statement.version} is none; count from 1")
    if statement.issued_at.tzinfo is None:
        raise DataError(f"statement.json: issued_at {document['issued_at']!r} has no time zone; end it with Z")
    return statement
