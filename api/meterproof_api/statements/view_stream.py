"""One stream of a statement in words and formatted figures: method, data, figures, charts, findings."""

from datetime import timedelta

from meterproof_api.showing import completeness, percent, plain
from meterproof_api.statements.amounts import TONNES, amount, between, claimed, number, ratio, signed
from meterproof_api.statements.document import CoverageShape, ModelShape, PeriodShape, SavingsShape, StreamShape
from meterproof_api.statements.view_findings import finding_views
from meterproof_api.statements.view_parts import ChartView, StreamView, TableView, Term
from meterproof_api.wording import knows, say

CONFIDENCE = 0.9
"""Of the one-sided bound, and of the interval where nothing was computed."""


def stream_view(stream: StreamShape, *, claimable: bool) -> StreamView:
    """Return everything about one stream.

    Parameters
    ----------
    stream : StreamShape
        As the document tells of it.
    claimable : bool
        Whether the statement as a whole may be claimed; else nothing of a stream is.
    """
    status = stream.status if claimable else "not_claimable"
    return StreamView(
        id=stream.id,
        heading=stream.label,
        badge=say(f"statement.badge_{status}"),
        status=status,
        claimed=say("statement.stream_claimed" if stream.linked_options else "statement.stream_shown"),
        method=_method(stream),
        no_model="" if stream.model else say("statement.no_model"),
        coefficients=_coefficients(stream.model) if stream.model else None,
        data=_data(stream),
        figures=_figures(stream, stream.savings, stream.verified if claimable else 0.0) if stream.savings else [],
        charts=[chart_view(stream, name) for name in chart_names(stream)],
        findings=finding_views(stream.findings),
    )


def chart_names(stream: StreamShape) -> list[str]:
    """Return the charts that its data can carry."""
    known = stream.baseline.known_rows or stream.reporting.known_rows
    return [*(["baseline"] if known else []), *(["cumulative"] if stream.savings else [])]


def chart_view(stream: StreamShape, name: str) -> ChartView:
    """Return a chart's title and what it shows."""
    words = {"label": stream.label, "confidence": percent(stream.savings.confidence if stream.savings else CONFIDENCE)}
    title, text = (say(f"statement_chart.{name}.{part}", **words) for part in ("title", "text"))
    return ChartView(stream.id, name, title, text)


def kinds(names: list[str]) -> str:
    """Return kinds of evidence in words."""
    words = [say(f"evidence_kind.{name}") if knows(f"evidence_kind.{name}") else name for name in names]
    return ", ".join(words) or say("statement.none")


def _method(stream: StreamShape) -> list[Term]:
    grain = say(f"statement.grain_{stream.grain}")
    model, savings = stream.model, stream.savings
    if model is None:
        return [(say("statement.grain"), grain)]
    known = knows(f"statement.model_{model.model}")
    name = say(f"statement.model_{model.model}") if known else model.model
    drivers = ", ".join(map(driver_name, stream.drivers)) or say("statement.no_drivers")
    m = savings.m if savings else 0
    ratios = {"r2": ratio(model.r2, 3), "cv": _percent(model.cv_rmse), "nmbe": _percent(model.nmbe)}
    rows = [
        (say("statement.model"), say("statement.model_of", name=name, drivers=drivers)),
        (say("statement.grain"), say("statement.rows_used", n=model.n, m=m, p=model.p, grain=grain)),
        (say("statement.fit"), say("statement.fit_of", **ratios, rho=ratio(model.rho1, 2))),
    ]
    return [*rows, (say("statement.formula"), _formula(savings))] if savings else rows


def driver_name(name: str) -> str:
    """Return what people call a driver."""
    return say(f"driver.{name}") if knows(f"driver.{name}") else name


def _percent(share: float | None) -> str:
    return number(share) if share is None else percent(share, 1)


def _formula(savings: SavingsShape) -> str:
    found = {"rho": ratio(savings.rho, 2), "n_eff": ratio(savings.n_eff, 1), "df": ratio(savings.degrees_of_freedom, 1)}
    return say("statement.formula_of", formula=savings.formula, **found)


def _coefficients(model: ModelShape) -> TableView:
    head = [say(f"statement.{name}") for name in ("coefficient", "estimate", "standard_error")]
    errors = model.standard_errors
    rows = [[name, number(value), number(errors.get(name))] for name, value in model.coefficients.items()]
    return TableView(head, rows)


def _data(stream: StreamShape) -> TableView:
    head = [say(f"statement.{name}") for name in ("data_what", "data_baseline", "data_reporting")]
    both = (stream.baseline, stream.reporting)
    rows = [
        [say("statement.data_period"), *(period_text(coverage) for coverage in both)],
        [say("statement.data_rows"), *(_rows(coverage, stream) for coverage in both)],
        [say("statement.data_intervals"), *map(_intervals, both)],
        [say("statement.data_coverage"), *(completeness(coverage.completeness) for coverage in both)],
        [say("statement.data_origins"), *(kinds(coverage.origins) for coverage in both)],
        [say("statement.data_spans"), *(_spans(coverage, stream.unit) for coverage in both)],
        [say("statement.data_amount"), *(amount(coverage.amount, stream.unit) for coverage in both)],
    ]
    return TableView(head, rows, (0, 1, 2))


def period_text(period: CoverageShape | PeriodShape) -> str:
    """Return the days of a period, the last one included."""
    last, days = period.end - timedelta(days=1), (period.end - period.start).days
    return say("statement.period", start=period.start, last=last, days=days)


def _rows(coverage: CoverageShape, stream: StreamShape) -> str:
    grain = say(f"statement.grain_{stream.grain}")
    return say("statement.data_rows_of", known=coverage.known_rows, rows=coverage.rows, grain=grain)


def _intervals(coverage: CoverageShape) -> str:
    if not coverage.expected_intervals:
        return say("statement.data_by_hand")
    counts = {"present": plain(coverage.present_intervals), "expected": plain(coverage.expected_intervals)}
    return say("statement.data_intervals_of", **counts)


def _spans(coverage: CoverageShape, unit: str) -> str:
    if not coverage.spans:
        return say("statement.none")
    hours, total = plain(coverage.span_hours, 1), amount(coverage.span_amount, unit)
    return say("statement.data_spans_of", count=coverage.spans, amount=total, hours=hours)


def _figures(stream: StreamShape, savings: SavingsShape, verified: float) -> list[Term]:
    unit, confidence = stream.unit, percent(savings.confidence)
    rows = [
        (say("statement.adjusted_baseline"), amount(savings.adjusted_baseline, unit)),
        (say("statement.actual"), amount(savings.actual, unit)),
        (say("statement.avoided"), signed(savings.avoided, unit)),
        (say("statement.interval", confidence=confidence), between((savings.lower, savings.upper), unit)),
        (say("statement.bound"), amount(savings.lower_one_sided_90, unit)),
        (say("statement.error"), amount(savings.standard_error, unit)),
        (say("statement.verified"), claimed(verified, unit)),
    ]
    naive, tonnes = savings.naive_for_comparison, stream.tonnes
    if naive is not None and naive.lower is not None:
        text = say("statement.naive_of", interval=between((naive.lower, naive.upper), unit))
        rows.append((say("statement.naive"), text))
    if tonnes is not None:
        bounds = between((tonnes.lower, tonnes.upper), TONNES)
        text = say("statement.stream_tonnes_of", point=signed(tonnes.co2e_t, TONNES), interval=bounds)
        rows.append((say("statement.stream_tonnes"), text))
    return rows
