"""One stream of a dossier: its rows, its baseline, its savings and whether they may be claimed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.claim import ClaimContext, Status, Verdict, judge
from meterproof_mv.dossier.amounts import Amounts, amounts_of
from meterproof_mv.dossier.assessment import Coverage, StreamAssessment, StreamRows
from meterproof_mv.dossier.calendar import Calendar
from meterproof_mv.dossier.evidence_findings import evidence_findings
from meterproof_mv.dossier.plan import DAY_TYPE, Period, StreamPlan
from meterproof_mv.dossier.row_findings import row_findings, together_findings
from meterproof_mv.dossier.series import Dossier, Metered, Recorded, Series
from meterproof_mv.dossier.stream_tonnes import factor_findings_of, tonnes_of
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.errors import MvError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models import FittedModel
from meterproof_mv.models.fitting import fit_observations
from meterproof_mv.observations import Observations, observe
from meterproof_mv.savings import Savings, savings_of

_FRIDAY = 4
_HOUR_MS = 3_600_000  # exact
Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """A stream and its drivers on one calendar."""

    calendar: Calendar
    use: Amounts
    drivers: Mapping[str, Column]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Maths:
    model: FittedModel | None = None
    savings: Savings | None = None
    findings: tuple[Finding, ...] = ()


def assess_stream(dossier: Dossier, stream: StreamPlan, calendar: Calendar) -> StreamAssessment:
    """Return what a dossier says of one stream.

    Data that are not there give a finding that names the days, never an exception.
    """
    rows = _rows(dossier, stream, calendar)
    maths = _maths(dossier, stream, rows)
    data = (*rows.findings, *evidence_findings(dossier, stream), *factor_findings_of(dossier, stream))
    linked = dossier.plan.linked(stream.id)
    verdict = judge(maths.savings, _context(dossier, stream, linked), data=data) if maths.savings else None
    status = verdict.status if verdict else Status.NOT_CLAIMABLE
    verified = verdict.verified_amount if verdict else 0.0
    coverages = (
        _coverage(dossier.series[stream.series], rows, dossier.plan.baseline),
        _coverage(dossier.series[stream.series], rows, dossier.plan.reporting),
    )
    return StreamAssessment(
        stream=stream,
        linked=linked,
        baseline=coverages[0],
        reporting=coverages[1],
        rows=_shown(dossier, rows, maths),
        model=maths.model,
        savings=maths.savings,
        status=status,
        verified=verified,
        tonnes=tonnes_of(dossier, stream, maths.savings, verified) if maths.savings else None,
        findings=tuple(_findings(stream, data, maths, verdict)),
    )


def _rows(dossier: Dossier, stream: StreamPlan, calendar: Calendar) -> _Rows:
    use = amounts_of(dossier.series[stream.series], calendar)
    findings = [*use.findings, *row_findings(use.amount, calendar, dossier.plan)]
    described = {driver.name: driver for driver in dossier.plan.drivers}
    drivers: dict[str, Column] = {}
    for name in stream.drivers:
        if name == DAY_TYPE:
            drivers[name] = _day_type(calendar)
            continue
        amounts = amounts_of(dossier.series[described[name].series], calendar)
        drivers[name] = amounts.amount
        findings += [*amounts.findings, *row_findings(amounts.amount, calendar, dossier.plan, name)]
    findings += [*together_findings((use.amount, *drivers.values()), findings, calendar, dossier.plan)]
    return _Rows(calendar, use, drivers, tuple(findings))


def _day_type(calendar: Calendar) -> npt.NDArray[np.object_]:
    weekday = (calendar.day.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return np.where(weekday > _FRIDAY, "weekend", "weekday").astype(object)


def _maths(dossier: Dossier, stream: StreamPlan, rows: _Rows) -> _Maths:
    baseline = _observed(rows, dossier.plan.baseline)
    if not len(baseline):
        return _Maths()
    try:
        model = fit_observations(baseline, model=stream.model)
    except MvError as error:
        return _Maths(findings=(_no_fit(f"no baseline model: {error}"),))
    reporting = _observed(rows, dossier.plan.reporting)
    if not len(reporting):
        return _Maths(model)
    try:
        return _Maths(model, savings_of(model, reporting, confidence=dossier.plan.confidence))
    except MvError as error:
        return _Maths(model, findings=(_no_fit(f"no comparison: {error}"),))


def _no_fit(message: str) -> Finding:
    return Finding("no_fit", Severity.REFUSAL, message, "meterproof", {})


def _observed(rows: _Rows, period: Period) -> Observations:
    """Return the known rows of a period; `row` of the result counts from the period's first."""
    here = rows.calendar.rows(period)
    drivers = {name: column[here] for name, column in rows.drivers.items()}
    return observe(rows.use.amount[here], drivers, start=rows.calendar.day[here], end=rows.calendar.end[here])


def _context(dossier: Dossier, stream: StreamPlan, linked: tuple[str, ...]) -> ClaimContext:
    production = tuple(driver.name for driver in dossier.plan.drivers if driver.production)
    return ClaimContext(
        plant_produces=dossier.plan.plant.produces,
        production_drivers=production,
        options=linked,
        unit=stream.unit,
    )


def _coverage(series: Series, rows: _Rows, period: Period) -> Coverage:
    here, use = rows.calendar.rows(period), rows.use
    known = ~np.isnan(use.amount[here])
    exists = np.diff(rows.calendar.edges_ms)[here] > 0
    begin, finish = rows.calendar.edges_ms[here.start], rows.calendar.edges_ms[here.stop]
    spans, origins = (0, 0.0, 0.0), _written_origins(series, period)
    amount = float(np.nansum(use.amount[here])) if known.any() else float("nan")
    present = int(use.present[here].sum())
    if isinstance(series, Metered):
        whole = (series.start_ms >= begin) & (series.end_ms <= finish)
        long = whole & series.is_span
        hours = float((series.end_ms - series.start_ms)[long].sum()) / _HOUR_MS
        spans = (int(long.sum()), hours, float(series.amount[long].sum()))
        amount = float(series.amount[whole].sum()) if whole.any() else float("nan")
        present = int((whole & ~series.is_span).sum())
        origins = _metered_origins(series, int(begin), int(finish))
    return Coverage(
        period=period,
        rows=int(exists.sum()),
        known=int(known.sum()),
        expected=int(use.expected[here].sum()),
        present=present,
        spans=spans[0],
        span_hours=spans[1],
        span_amount=spans[2],
        amount=amount,
        origins=origins,
    )


def _written_origins(series: Series, period: Period) -> tuple[str, ...]:
    if not isinstance(series, Recorded):
        return ()
    return tuple(sorted({row.origin.value for row in series.rows if _touches(row.start, row.end, period)}))


def _touches(start: Any, end: Any, period: Period) -> bool:  # noqa: ANN401 - dates
    return bool(start < period.end and end > period.start)


def _metered_origins(series: Metered, begin: int, finish: int) -> tuple[str, ...]:
    here = (series.end_ms > begin) & (series.start_ms < finish)
    by_gateway = here.copy()
    found = set()
    for stretch in series.imported:
        touched = here & (series.start_ms < stretch.end_ms) & (series.end_ms > stretch.start_ms)
        by_gateway &= ~touched
        if touched.any():
            found.add(stretch.origin.value)
    if by_gateway.any():
        found.add(Origin.METER.value)
    return tuple(sorted(found))


def _shown(dossier: Dossier, rows: _Rows, maths: _Maths) -> StreamRows:
    calendar, size = rows.calendar, len(rows.calendar)
    expected, period = np.full(size, np.nan), np.full(size, "between", object)
    base, report = calendar.rows(dossier.plan.baseline), calendar.rows(dossier.plan.reporting)
    period[base], period[report] = "baseline", "reporting"
    if maths.model is not None:
        fitted = maths.model.observations
        expected[base.start + fitted.row] = fitted.y - maths.model.solution.residual
    if maths.savings is not None:
        compared = maths.savings.cumulative
        expected[report.start + compared.row] = compared.adjusted_baseline
    return StreamRows(calendar.day, calendar.end, period, rows.use.amount, expected, dict(rows.drivers))


def _findings(
    stream: StreamPlan, data: tuple[Finding, ...], maths: _Maths, verdict: Verdict | None
) -> Iterator[Finding]:
    yield from maths.findings
    found = verdict.findings if verdict else (*data, *(maths.model.sufficiency if maths.model else ()))
    # of rows that are missing the findings of the data tell, with their dates
    yield from (finding for finding in found if finding.code != "gap")
    if verdict is not None and verdict.status is Status.CLAIMABLE and not stream.factors:
        message = "the verified amount was not turned into tonnes"
        yield Finding("no_emission_factor", Severity.INFO, message, "meterproof", {})
    if DAY_TYPE in stream.drivers:
        message = "a public holiday counts as the day of the week on which it falls"
        yield Finding("holidays_not_known", Severity.INFO, message, "meterproof", {})
