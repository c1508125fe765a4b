"""What a plant's page says of one of its streams: a view of the assessment, row by row; no figure is computed here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from meterproof_api.plants import Plant
from meterproof_mv.claim import Status
from meterproof_mv.dossier.amounts import amounts_of
from meterproof_mv.dossier.assessment import Assessment, Coverage, StreamAssessment
from meterproof_mv.dossier.calendar import calendar_of
from meterproof_mv.dossier.series import Metered
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.findings import Finding, finite_or_none
from meterproof_mv.models import FittedModel
from meterproof_mv.savings import Savings

Json = dict[str, Any]
DEFAULT_CONFIDENCE = 0.9
"""Of the intervals and bounds of a statement."""


@dataclass(frozen=True, slots=True)
class Row:
    """One compared row: a local day or a month.

    Parameters
    ----------
    day, end : date
        Half-open.
    period : str
        ``baseline``, ``reporting`` or ``between``.
    actual : float
        What was used; NaN when it is not known whole [unit].
    baseline : float
        What the baseline model gives; NaN where there is no model [unit].
    expected, present : int
        Number of intervals that the row has room for, and that are there; 0 of a hand-kept series.
    span_hours : float
        How much of the row lies in spans [h].
    """

    day: date
    end: date
    period: str
    actual: float
    baseline: float
    expected: int
    present: int
    span_hours: float


@dataclass(frozen=True, slots=True)
class CumulativeRow:
    """Adjusted baseline minus actual from the start of the reporting period to the end of a row [unit].

    `lower` and `upper` are NaN where no interval can be given.
    """

    day: date
    difference: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of one stream of a plant.

    Parameters
    ----------
    plant : Plant
        Whose.
    assessment : Assessment
        Everything that is said of the plant.
    shown : StreamAssessment
        The stream that is shown.
    rows : tuple of Row
        Every row from the start of the baseline to the end of the reporting period.
    cumulative : tuple of CumulativeRow
        One for each compared row.
    """

    plant: Plant
    assessment: Assessment
    shown: StreamAssessment
    rows: tuple[Row, ...]
    cumulative: tuple[CumulativeRow, ...]

    @property
    def unit(self) -> str:
        """Of the stream."""
        return self.shown.stream.unit

    @property
    def rate_unit(self) -> str:
        """Of the stream's use in an hour."""
        return "kW" if self.unit == "kWh" else f"{self.unit}/h"

    @property
    def metered(self) -> bool:
        """Whether a meter counted it, quarter hour by quarter hour."""
        return isinstance(self.assessment.dossier.series[self.shown.stream.series], Metered)

    @property
    def by_day(self) -> bool:
        """Whether its rows are days."""
        return self.shown.stream.grain is Grain.DAY

    @property
    def status(self) -> Status:
        """Whether anything may be claimed of the plant."""
        return self.assessment.status

    @property
    def verified(self) -> float:
        """What may be claimed of the stream; 0 when nothing of the plant may [unit]."""
        return self.shown.verified if self.status is Status.CLAIMABLE and self.shown.linked else 0.0

    @property
    def baseline(self) -> Coverage:
        """How much of the baseline period is known."""
        return self.shown.baseline

    @property
    def reporting(self) -> Coverage:
        """How much of the reporting period is known."""
        return self.shown.reporting

    @property
    def model(self) -> FittedModel | None:
        """None when no baseline could be fitted."""
        return self.shown.model

    @property
    def savings(self) -> Savings | None:
        """None when nothing could be compared."""
        return self.shown.savings

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The reasons: of the plant, then of the stream."""
        return (*self.assessment.findings, *self.shown.findings)

    @property
    def first_day(self) -> date:
        """The first day shown."""
        return self.plant.baseline_period.start

    @property
    def end_day(self) -> date:
        """The first day no longer shown."""
        return self.plant.reporting_period.end

    def series_dict(self) -> Json:
        """Return its rows as JSON-able values."""
        return {
            "stream": self.shown.stream.id,
            "unit": self.unit,
            "rows": [
                {
                    "start": row.day.isoformat(),
                    "end": row.end.isoformat(),
                    "period": row.period,
                    "actual": finite_or_none(row.actual),
                    "baseline": finite_or_none(row.baseline),
                    "expected_intervals": row.expected,
                    "present_intervals": row.present,
                    "span_hours": row.span_hours,
                }
                for row in self.rows
            ],
            "cumulative": [
                {
                    "start": row.day.isoformat(),
                    "difference": finite_or_none(row.difference),
                    "lower": finite_or_none(row.lower),
                    "upper": finite_or_none(row.upper),
                }
                for row in self.cumulative
            ],
        }


def statement_of(plant: Plant, assessment: Assessment, stream: str = "") -> Statement:
    """Return what is said of a stream of a plant; of the first when none is named."""
    shown = next((found for found in assessment.streams if found.stream.id == stream), assessment.streams[0])
    return Statement(plant, assessment, shown, tuple(_rows(assessment, shown)), tuple(_cumulative(shown)))


def _rows(assessment: Assessment, shown: StreamAssessment) -> Iterable[Row]:
    dossier, rows = assessment.dossier, shown.rows
    use = amounts_of(dossier.series[shown.stream.series], calendar_of(dossier.plan, shown.stream.grain))
    columns = (rows.day, rows.end, rows.period, rows.actual, rows.expected, use.expected, use.present, use.span_hours)
    return (Row(*row) for row in zip(*(column.tolist() for column in columns), strict=True))


def _cumulative(shown: StreamAssessment) -> Iterable[CumulativeRow]:
    if shown.savings is None:
        return ()
    found = shown.savings.cumulative
    days = shown.rows.day[shown.rows.period == "reporting"][found.row]
    columns = (days, found.cumulative, found.lower, found.upper)
    return (CumulativeRow(*row) for row in zip(*(column.tolist() for column in columns), strict=True))
