"""The use case behind a plant's page: from stored intervals to a statement, every figure of it from the maths room.

Data that are not there give a finding that names the days, never an exception: a plant whose first readings are still
to come has a page too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meterproof_api.data_findings import day_findings, own_finding
from meterproof_api.day_series import DaySeries, coverage, day_series
from meterproof_api.plants import DAY_TYPE, Period, Plant
from meterproof_api.statement import DEFAULT_CONFIDENCE, Statement
from meterproof_api.statement_parts import CumulativeRow, DayRow, Model, Result
from meterproof_core.storage import IntervalColumns
from meterproof_mv.claim import ClaimContext, Status, Verdict, judge
from meterproof_mv.errors import MvError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models import FittedModel
from meterproof_mv.models.fitting import fit_observations
from meterproof_mv.observations import Observations, observe
from meterproof_mv.savings import Savings, savings_of

PRODUCTION_DRIVERS: tuple[str, ...] = ()
"""Which of `plants.DRIVERS` measure what a plant makes: none yet."""
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class _Maths:
    model: FittedModel | None = None
    savings: Savings | None = None
    findings: tuple[Finding, ...] = ()


def savings_statement(plant: Plant, intervals: IntervalColumns) -> Statement:
    """Return what a plant's intervals say of its savings.

    Parameters
    ----------
    plant : Plant
        Whose savings.
    intervals : IntervalColumns
        Intervals and spans of its main counter [kWh], at least those of its two periods.
    """
    series = day_series(intervals, plant.time_zone, plant.baseline_period.start, plant.reporting_period.end)
    data = tuple(day_findings(series, plant))
    maths = _maths(plant, series)
    verdict = judge(maths.savings, _claim_context(plant), data=data) if maths.savings else None
    claimable = verdict is not None and verdict.status is Status.CLAIMABLE
    return Statement(
        plant=plant,
        baseline=coverage(series, plant.baseline_period),
        reporting=coverage(series, plant.reporting_period),
        status=Status.CLAIMABLE if claimable else Status.NOT_CLAIMABLE,
        findings=tuple(_findings(plant, data, maths, verdict)),
        model=_model(maths.model) if maths.model else None,
        result=_result(maths.savings) if maths.savings else None,
        verified_kwh=verdict.verified_amount if verdict else 0.0,
        claimed_co2e_t=None if claimable else 0.0,
        days=_days(plant, series, maths),
        cumulative=_cumulative(plant, series, maths.savings) if maths.savings else (),
    )


def _maths(plant: Plant, series: DaySeries) -> _Maths:
    baseline, reporting = _observations(plant, series, plant.baseline_period), None
    if not len(baseline):
        return _Maths()
    try:
        model = fit_observations(baseline, model="linear" if plant.drivers else "mean")
    except MvError as error:
        return _Maths(findings=(own_finding("no_fit", Severity.REFUSAL, f"no baseline model: {error}"),))
    reporting = _observations(plant, series, plant.reporting_period)
    if not len(reporting):
        return _Maths(model)
    try:
        return _Maths(model, savings_of(model, reporting, confidence=DEFAULT_CONFIDENCE))
    except MvError as error:
        return _Maths(model, findings=(own_finding("no_fit", Severity.REFUSAL, f"no comparison: {error}"),))


def _observations(plant: Plant, series: DaySeries, period: Period) -> Observations:
    """Return the whole days of a period; `row` of the result counts from the period's first day."""
    rows = series.rows(period)
    days = np.array(series.days()[rows], "datetime64[D]")
    return observe(series.energy_kwh[rows], {name: _driver(name, days) for name in plant.drivers}, start=days)


def _driver(name: str, days: NDArray[np.datetime64]) -> NDArray[np.object_]:
    assert name == DAY_TYPE  # noqa: S101 # the only driver that plants_file lets through
    weekday = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return np.where(weekday > _FRIDAY, "weekend", "weekday").astype(object)


def _claim_context(plant: Plant) -> ClaimContext:
    return ClaimContext(
        plant_produces=plant.produces,
        production_drivers=PRODUCTION_DRIVERS,
        options=tuple(option.id for option in plant.options),
        unit="kWh",
    )


def _findings(plant: Plant, data: tuple[Finding, ...], maths: _Maths, verdict: Verdict | None) -> Iterator[Finding]:
    yield from maths.findings
    found = verdict.findings if verdict else (*data, *(maths.model.sufficiency if maths.model else ()))
    # of days that are missing the findings of the data tell, with their dates
    yield from (finding for finding in found if finding.code != "gap")
    if verdict is not None and verdict.status is Status.CLAIMABLE:
        yield own_finding("no_emission_factor", Severity.INFO, "the verified energy was not turned into tonnes")
    if DAY_TYPE in plant.drivers:
        message = "a public holiday counts as the day of the week on which it falls"
        yield own_finding("holidays_not_known", Severity.INFO, message)


def _model(model: FittedModel) -> Model:
    return Model(
        name=model.model,
        n=model.n,
        p=model.p,
        coefficients=dict(model.coefficients),
        r2=model.r2,
        cv_rmse=model.cv_rmse,
        rho1=model.rho1,
    )


def _result(savings: Savings) -> Result:
    return Result(
        avoided=savings.avoided,
        lower=savings.lower,
        upper=savings.upper,
        confidence=savings.confidence,
        lower_one_sided=savings.lower_one_sided,
        naive_lower=savings.naive.lower,
        naive_upper=savings.naive.upper,
        adjusted_baseline=savings.adjusted_baseline,
        actual=savings.actual,
        m=len(savings.cumulative.row),
        formula=savings.formula.value,
    )


def _days(plant: Plant, series: DaySeries, maths: _Maths) -> tuple[DayRow, ...]:
    size = len(series.energy_kwh)
    expected_kwh, period = np.full(size, np.nan), np.full(size, "between", object)
    base, report = series.rows(plant.baseline_period), series.rows(plant.reporting_period)
    period[base], period[report] = "baseline", "reporting"
    if maths.model is not None:
        fitted = maths.model.observations
        expected_kwh[base.start + fitted.row] = fitted.y - maths.model.solution.residual
    if maths.savings is not None:
        compared = maths.savings.cumulative
        expected_kwh[report.start + compared.row] = compared.adjusted_baseline
    columns = (series.energy_kwh, expected_kwh, series.expected, series.present, series.span_hours)
    rows = zip(series.days(), period.tolist(), *(column.tolist() for column in columns), strict=True)
    return tuple(DayRow(*row) for row in rows)


def _cumulative(plant: Plant, series: DaySeries, savings: Savings) -> tuple[CumulativeRow, ...]:
    days, first = series.days(), series.rows(plant.reporting_period).start
    found = savings.cumulative
    columns = (found.row, found.cumulative, found.lower, found.upper)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(CumulativeRow(days[first + row], *values) for row, *values in rows)
