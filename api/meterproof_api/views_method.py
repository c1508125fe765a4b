"""How a statement was computed, as terms and sentences for the page."""

from datetime import timedelta
from math import isfinite

from meterproof_api.showing import energy, percent, plain
from meterproof_api.statement import Statement
from meterproof_api.statement_parts import Coverage, Model, Result
from meterproof_api.wording import knows, say

Row = tuple[str, str]


def method_rows(statement: Statement) -> list[Row]:
    """Return what was computed from what, term by term."""
    return [
        (say("how.baseline_period"), _period(statement.baseline)),
        (say("how.reporting_period"), _period(statement.reporting)),
        *(_model_rows(statement, statement.model) if statement.model else []),
        *(_result_rows(statement.result) if statement.result else []),
        (say("how.calendar"), say("how.calendar_value")),
        (say("how.spans"), _spans(statement)),
        (say("how.options"), _options(statement)),
    ]


def _period(coverage: Coverage) -> str:
    period = coverage.period
    return say("how.period", start=period.start, last=period.end - timedelta(days=1), days=period.days)


def _model_rows(statement: Statement, model: Model) -> list[Row]:
    drivers = ", ".join(say(f"driver.{name}") for name in statement.plant.drivers) or say("how.no_drivers")
    name = say(f"model.{model.name}") if knows(f"model.{model.name}") else model.name
    terms = "; ".join(f"{term} {plain(value, 1)}" for term, value in model.coefficients.items())
    fit = {"r2": plain(model.r2, 3), "cv": percent(model.cv_rmse, 1), "p": model.p, "rho": plain(model.rho1, 2)}
    m = statement.result.m if statement.result else 0
    return [
        (say("how.days_used"), say("how.days_used_value", n=model.n, m=m)),
        (say("how.model"), say("how.model_value", name=name, drivers=drivers)),
        (say("how.coefficients"), terms),
        (say("how.fit"), say("how.fit_value", **fit)),
    ]


def _result_rows(result: Result) -> list[Row]:
    confidence = percent(result.confidence)
    sums = say("how.adjusted_value", adjusted=energy(result.adjusted_baseline), actual=energy(result.actual))
    return [
        (say("how.adjusted"), sums),
        (say("how.interval", confidence=confidence), _interval(result)),
        (say("how.bound", confidence=confidence), energy(result.lower_one_sided)),
        (say("how.naive"), _naive(result)),
    ]


def _naive(result: Result) -> str:
    if not isfinite(result.naive_lower):
        return say("figure.unknown")
    return say("how.naive_value", lower=energy(result.naive_lower), upper=energy(result.naive_upper))


def _interval(result: Result) -> str:
    if not isfinite(result.lower):
        return say("figure.unknown")
    return say("how.range", lower=energy(result.lower), upper=energy(result.upper), formula=result.formula)


def _spans(statement: Statement) -> str:
    counts = {
        name: _span_text(of) for name, of in (("baseline", statement.baseline), ("reporting", statement.reporting))
    }
    return say("how.spans_value", **counts)


def _span_text(coverage: Coverage) -> str:
    if not coverage.spans:
        return say("figure.none")
    return say("how.spans_of", count=coverage.spans, energy=energy(coverage.span_kwh))


def _options(statement: Statement) -> str:
    return "; ".join(f"{option.title} ({option.date})" for option in statement.plant.options) or say("how.no_option")
