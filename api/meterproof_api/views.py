"""What the page of a plant shows, in words and formatted figures; the template only places them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from meterproof_api.chart_style import chart_words, is_empty
from meterproof_api.charts import charts_of
from meterproof_api.live import LastReading
from meterproof_api.load_profile import LoadProfile
from meterproof_api.months import MonthRow, month_rows
from meterproof_api.plants import Plant, StreamInfo
from meterproof_api.showing import completeness, percent, plain, verified, with_unit
from meterproof_api.statement import Statement
from meterproof_api.views_method import method_rows
from meterproof_api.wording import knows, say
from meterproof_mv.claim import Status, stops_claim
from meterproof_mv.dossier.assessment import Coverage, StreamAssessment
from meterproof_mv.findings import Finding
from meterproof_mv.savings import ONE_SIDED_CONFIDENCE, Savings

_REASONS_IN_SENTENCE = 2
_WEIGHTS = ("stops", "warning", "info")


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in plain words."""

    weight: str
    label: str
    title: str
    message: str
    mend: str
    clause: str


@dataclass(frozen=True, slots=True)
class FigureView:
    """A key figure with what it means."""

    id: str
    label: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart and where its parts are fetched from."""

    name: str
    title: str
    text: str
    spec_address: str
    svg_address: str
    renderer: str
    empty: bool


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream in the list of a plant's streams."""

    id: str
    label: str
    shown: bool
    use: str
    avoided: str
    interval: str
    outcome: str


@dataclass(frozen=True, slots=True)
class PlantView:
    """Everything on the page of a plant."""

    plant: Plant
    stream: StreamInfo
    unit: str
    rate_unit: str
    streams: Sequence[StreamView]
    status: Status
    badge: str
    sentence: str
    reasons: Sequence[FindingView]
    notes: Sequence[FindingView]
    figures: Sequence[FigureView]
    charts: Sequence[ChartView]
    months: Sequence[MonthRow]
    method: Sequence[tuple[str, str]]


def plant_view(statement: Statement, profile: LoadProfile, reading: LastReading | None) -> PlantView:
    """Return what the page of a plant shows."""
    findings = sorted(map(_finding, statement.findings), key=lambda finding: _WEIGHTS.index(finding.weight))
    stream = statement.plant.stream(statement.shown.stream.id) or statement.plant.main
    return PlantView(
        plant=statement.plant,
        stream=stream,
        unit=statement.unit,
        rate_unit=statement.rate_unit,
        streams=[_stream(statement, assessed) for assessed in statement.assessment.streams],
        status=statement.status,
        badge=say(f"status.{statement.status}"),
        sentence=_sentence(statement, findings),
        reasons=[finding for finding in findings if finding.weight != "info"],
        notes=[finding for finding in findings if finding.weight == "info"],
        figures=[*_savings_figures(statement), *_data_figures(statement), *_reading_figures(statement, reading)],
        charts=[_chart(name, statement) for name in charts_of(statement)],
        months=month_rows(statement, profile),
        method=method_rows(statement),
    )


def _finding(finding: Finding) -> FindingView:
    key = f"finding.{finding.code}"
    known = knows(f"{key}.title")
    weight = "stops" if stops_claim(finding) else finding.severity.value
    return FindingView(
        weight=weight,
        label=say(f"page.{weight}"),
        title=say(f"{key}.title") if known else finding.code.replace("_", " "),
        message=finding.message,
        mend=say(f"{key}.mend") if known else "",
        clause=finding.clause,
    )


def _sentence(statement: Statement, findings: Sequence[FindingView]) -> str:
    result = statement.savings
    if statement.status is Status.CLAIMABLE:
        if result is None or not statement.verified:
            return say("outcome.claimable_elsewhere")
        grain = say("grain.days" if statement.by_day else "grain.months")
        figures = {"verified": verified(statement.verified, statement.unit), "rows": len(statement.cumulative)}
        return say("outcome.claimable", **figures, grain=grain, confidence=percent(ONE_SIDED_CONFIDENCE))
    titles = list(dict.fromkeys(finding.title for finding in findings if finding.weight == "stops"))
    shown, left = titles[:_REASONS_IN_SENTENCE], len(titles) - _REASONS_IN_SENTENCE
    if left > 0:
        shown.append(say("outcome.more", count=left) if left > 1 else titles[-1])
    sentence = say("outcome.not_claimable", reasons=_listed(shown) or say("outcome.unclear"))
    if result is None or not isfinite(result.avoided):
        return sentence
    beyond = "outcome.beyond" if result.avoided >= 0 else "outcome.beyond_negative"
    return sentence + say(beyond, avoided=with_unit(abs(result.avoided), statement.unit))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts) if len(texts) < 2 else ", ".join(texts[:-1]) + say("outcome.and") + texts[-1]


def _savings_figures(statement: Statement) -> list[FigureView]:
    result = statement.savings
    confidence = percent(ONE_SIDED_CONFIDENCE)
    value = with_unit(result.avoided, statement.unit) if result else say("figure.unknown")
    name = "avoided" if statement.verified else "avoided_not_claimable"
    claimed = _claimed_t(statement)
    return [
        _figure(name, value, _avoided_text(statement, result)),
        _figure(
            "verified", verified(statement.verified, statement.unit), say("figure.verified_text", confidence=confidence)
        ),
        _figure(
            "claimed",
            with_unit(claimed, "t\N{NO-BREAK SPACE}CO2e"),
            say("figure.claimed_no_factor") if claimed is None else say("figure.claimed_text"),
        ),
    ]


def _claimed_t(statement: Statement) -> float | None:
    """Return what is claimed of the plant [t CO2e]; 0 when nothing may be, None when no factor is known."""
    tonnes = statement.assessment.tonnes
    if statement.status is Status.NOT_CLAIMABLE:
        return 0.0
    return tonnes.verified_co2e_t if tonnes else None


def _avoided_text(statement: Statement, result: Savings | None) -> str:
    if result is None:
        return say("figure.avoided_none")
    if not (isfinite(result.lower) and isfinite(result.upper)):
        return say("figure.avoided_no_interval")
    bounds = {"lower": with_unit(result.lower, statement.unit), "upper": with_unit(result.upper, statement.unit)}
    return say("figure.avoided_text", confidence=percent(result.confidence), **bounds)


def _data_figures(statement: Statement) -> list[FigureView]:
    base, report = statement.baseline, statement.reporting
    shares = {"baseline": completeness(base.share), "reporting": completeness(report.share)}
    unit = statement.unit
    sums = {"baseline": with_unit(base.amount, unit), "reporting": with_unit(report.amount, unit)}
    whole = _whole(base, report)
    return [
        _figure(
            "energy", with_unit(_both(base.amount, report.amount), statement.unit), say("figure.energy_text", **sums)
        ),
        _figure("completeness", completeness(whole), say("figure.completeness_text", **shares)),
    ]


def _both(base: float, report: float) -> float:
    known = [amount for amount in (base, report) if isfinite(amount)]
    return sum(known) if known else float("nan")


def _whole(base: Coverage, report: Coverage) -> float:
    there, of = base.present + report.present, base.expected + report.expected
    if not of:
        there, of = base.known + report.known, base.rows + report.rows
    return there / of if of else 0.0


def _reading_figures(statement: Statement, reading: LastReading | None) -> list[FigureView]:
    return [_reading_figure(statement.unit, reading)] if statement.metered else []


def _reading_figure(unit: str, reading: LastReading | None) -> FigureView:
    if reading is None:
        return _figure("reading", say("figure.unknown"), say("figure.reading_none"))
    power = isfinite(reading.power_kw)
    value = with_unit(reading.power_kw, "kW", 1) if power else with_unit(reading.register, unit)
    first, rows = reading.first[:10], plain(reading.extent.rows)
    text = say("figure.reading_text", point=reading.extent.point, rows=rows, first=first, last=reading.last[:16])
    return _figure("reading", value, text)


def _figure(name: str, value: str, text: str) -> FigureView:
    return FigureView(name.removesuffix("_not_claimable"), say(f"figure.{name}"), value, text)


def _chart(name: str, statement: Statement) -> ChartView:
    plant, stream = statement.plant.id, f"?stream={statement.shown.stream.id}"
    title, text = chart_words(name, statement)
    return ChartView(
        name=name,
        title=title,
        text=text,
        spec_address=f"/api/v1/plants/{plant}/charts/{name}.json{stream}",
        svg_address=f"/plants/{plant}/charts/{name}.svg{stream}",
        renderer="canvas" if name == "load" else "svg",
        empty=is_empty(name, statement),
    )


def _stream(statement: Statement, assessed: StreamAssessment) -> StreamView:
    stream, savings, unknown = assessed.stream, assessed.savings, say("figure.unknown")
    bounded = savings is not None and isfinite(savings.lower)
    claimed = statement.status is Status.CLAIMABLE and assessed.verified > 0 and assessed.linked
    return StreamView(
        id=stream.id,
        label=stream.label,
        shown=stream.id == statement.shown.stream.id,
        use=with_unit(assessed.reporting.amount, stream.unit),
        avoided=with_unit(savings.avoided, stream.unit) if savings else unknown,
        interval=f"{with_unit(savings.lower, stream.unit)} … {with_unit(savings.upper, stream.unit)}"
        if savings and bounded
        else unknown,
        outcome=say("stream.claimed", verified=verified(assessed.verified, stream.unit))
        if claimed
        else say("stream.not_claimed" if assessed.linked else "stream.not_linked"),
    )
