"""How a statement was computed, as terms and sentences for the page."""

from datetime import timedelta
from math import isfinite

from meterproof_api.showing import percent, plain, with_unit
from meterproof_api.statement import Statement
from meterproof_api.wording import knows, say
from meterproof_mv.dossier.assessment import Coverage
from meterproof_mv.models import FittedModel
from meterproof_mv.savings import ONE_SIDED_CONFIDENCE, Savings

Row = tuple[str, str]


def method_rows(statement: Statement) -> list[Row]:
    """Return what was computed from what, term by term."""
    return [
        (say("how.baseline_period"), _period(statement.baseline)),
        (say("how.reporting_period"), _period(statement.reporting)),
        *(_model_rows(statement, statement.model) if statement.model else []),
        *(_result_rows(statement, statement.savings) if statement.savings else []),
        *([(say("how.calendar"), say("how.calendar_value"))] if "day_type" in statement.shown.stream.drivers else []),
        *([(say("how.spans"), _spans(statement))] if statement.metered else []),
        (say("how.options"), _options(statement)),
    ]


def _period(coverage: Coverage) -> str:
    period = coverage.period
    return say("how.period", start=period.start, last=period.end - timedelta(days=1), days=period.days)


def _model_rows(statement: Statement, model: FittedModel) -> list[Row]:
    names = (f"driver.{name}" for name in statement.shown.stream.drivers)
    drivers = ", ".join(say(key) if knows(key) else key.partition(".")[2] for key in names) or say("how.no_drivers")
    name = say(f"model.{model.model}") if knows(f"model.{model.model}") else model.model
    terms = "; ".join(
        f"{term} {plain(value, 1 if abs(value) >= 100 else 3)}" for term, value in model.coefficients.items()
    )
    fit = {"r2": plain(model.r2, 3), "cv": percent(model.cv_rmse, 1), "p": model.p, "rho": plain(model.rho1, 2)}
    m = len(statement.cumulative)
    return [
        (say("how.days_used" if statement.by_day else "how.months_used"), say("how.days_used_value", n=model.n, m=m)),
        (say("how.model"), say("how.model_value", name=name, drivers=drivers)),
        (say("how.coefficients"), terms),
        (say("how.fit"), say("how.fit_value", **fit)),
    ]


def _coefficient(value: float) -> str:
    return plain(value, 1 if abs(value) >= 100 else 3)


def _result_rows(statement: Statement, savings: Savings) -> list[Row]:
    def shown(value: float) -> str:
        return with_unit(value, statement.unit)

    confidence, none = percent(savings.confidence), say("figure.unknown")
    interval = say("how.range", lower=shown(savings.lower), upper=shown(savings.upper), formula=savings.formula.value)
    naive = say("how.naive_value", lower=shown(savings.naive.lower), upper=shown(savings.naive.upper))
    sums = say("how.adjusted_value", adjusted=shown(savings.adjusted_baseline), actual=shown(savings.actual))
    return [
        (say("how.adjusted"), sums),
        (say("how.interval", confidence=confidence), interval if isfinite(savings.lower) else none),
        (say("how.bound", confidence=percent(ONE_SIDED_CONFIDENCE)), shown(savings.lower_one_sided)),
        (say("how.naive"), naive if isfinite(savings.naive.lower) else none),
    ]


def _spans(statement: Statement) -> str:
    parts = {"baseline": statement.baseline, "reporting": statement.reporting}
    return say("how.spans_value", **{name: _span_text(statement, part) for name, part in parts.items()})


def _span_text(statement: Statement, coverage: Coverage) -> str:
    if not coverage.spans:
        return say("figure.none")
    return say("how.spans_of", count=coverage.spans, energy=with_unit(coverage.span_amount, statement.unit))


def _options(statement: Statement) -> str:
    options = statement.plant.options
    return "; ".join(f"{option.title} ({option.start_up})" for option in options) or say("how.no_option")
