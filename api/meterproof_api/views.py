"""What the page of a plant shows, in words and formatted figures; the template only places them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from meterproof_api.chart_style import chart_words, is_empty
from meterproof_api.charts import CHARTS
from meterproof_api.live import LastReading
from meterproof_api.load_profile import LoadProfile
from meterproof_api.months import MonthRow, month_rows
from meterproof_api.plants import Plant
from meterproof_api.showing import completeness, energy, percent, plain, verified, with_unit
from meterproof_api.statement import DEFAULT_CONFIDENCE, Statement
from meterproof_api.statement_parts import Result
from meterproof_api.views_method import method_rows
from meterproof_api.wording import knows, say
from meterproof_mv.claim import Status, stops_claim
from meterproof_mv.findings import Finding

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
class PlantView:
    """Everything on the page of a plant."""

    plant: Plant
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
    return PlantView(
        plant=statement.plant,
        status=statement.status,
        badge=say(f"status.{statement.status}"),
        sentence=_sentence(statement, findings),
        reasons=[finding for finding in findings if finding.weight != "info"],
        notes=[finding for finding in findings if finding.weight == "info"],
        figures=[*_savings_figures(statement), *_data_figures(statement), _reading_figure(reading)],
        charts=[_chart(name, statement) for name in CHARTS],
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
    result = statement.result
    if statement.status is Status.CLAIMABLE and result is not None:
        figures = {"verified": verified(statement.verified_kwh), "days": result.m}
        return say("outcome.claimable", **figures, confidence=percent(result.confidence))
    titles = [finding.title for finding in findings if finding.weight == "stops"]
    shown, left = titles[:_REASONS_IN_SENTENCE], len(titles) - _REASONS_IN_SENTENCE
    if left > 0:
        shown.append(say("outcome.more", count=left) if left > 1 else titles[-1])
    sentence = say("outcome.not_claimable", reasons=_listed(shown) or say("outcome.unclear"))
    if result is None or not isfinite(result.avoided):
        return sentence
    beyond = "outcome.beyond" if result.avoided >= 0 else "outcome.beyond_negative"
    return sentence + say(beyond, avoided=energy(abs(result.avoided)))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts) if len(texts) < 2 else ", ".join(texts[:-1]) + say("outcome.and") + texts[-1]


def _savings_figures(statement: Statement) -> list[FigureView]:
    result = statement.result
    confidence = percent(result.confidence if result else DEFAULT_CONFIDENCE)
    value = energy(result.avoided) if result else say("figure.unknown")
    claimable = statement.status is Status.CLAIMABLE
    claimed = statement.claimed_co2e_t
    return [
        _figure("avoided" if claimable else "avoided_not_claimable", value, _avoided_text(result)),
        _figure("verified", verified(statement.verified_kwh), say("figure.verified_text", confidence=confidence)),
        _figure(
            "claimed",
            with_unit(claimed, "t\N{NO-BREAK SPACE}CO2e", 1 if claimed else 0),
            say("figure.claimed_no_factor") if claimed is None else say("figure.claimed_text"),
        ),
    ]


def _avoided_text(result: Result | None) -> str:
    if result is None:
        return say("figure.avoided_none")
    if not (isfinite(result.lower) and isfinite(result.upper)):
        return say("figure.avoided_no_interval")
    bounds = {"lower": energy(result.lower), "upper": energy(result.upper)}
    return say("figure.avoided_text", confidence=percent(result.confidence), **bounds)


def _data_figures(statement: Statement) -> list[FigureView]:
    base, report = statement.baseline, statement.reporting
    shares = {"baseline": completeness(base.share), "reporting": completeness(report.share)}
    sums = {"baseline": energy(base.energy_kwh), "reporting": energy(report.energy_kwh)}
    expected = base.expected + report.expected
    whole = (base.present + report.present) / expected if expected else 0.0
    return [
        _figure("energy", energy(base.energy_kwh + report.energy_kwh), say("figure.energy_text", **sums)),
        _figure("completeness", completeness(whole), say("figure.completeness_text", **shares)),
    ]


def _reading_figure(reading: LastReading | None) -> FigureView:
    if reading is None:
        return _figure("reading", say("figure.unknown"), say("figure.reading_none"))
    value = with_unit(reading.power_kw, "kW", 1) if isfinite(reading.power_kw) else energy(reading.register)
    first, rows = reading.first[:10], plain(reading.extent.rows)
    text = say("figure.reading_text", point=reading.extent.point, rows=rows, first=first, last=reading.last[:16])
    return _figure("reading", value, text)


def _figure(name: str, value: str, text: str) -> FigureView:
    return FigureView(name.removesuffix("_not_claimable"), say(f"figure.{name}"), value, text)


def _chart(name: str, statement: Statement) -> ChartView:
    plant = statement.plant.id
    title, text = chart_words(name, statement)
    return ChartView(
        name=name,
        title=title,
        text=text,
        spec_address=f"/api/v1/plants/{plant}/charts/{name}.json",
        svg_address=f"/plants/{plant}/charts/{name}.svg",
        renderer="canvas" if name == "load" else "svg",
        empty=is_empty(name, statement),
    )
