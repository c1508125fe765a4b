"""The outcome of a statement for somebody who reads one page: what, how sure, and why it may or may not be claimed."""

from collections.abc import Sequence

from meterproof_api.showing import percent
from meterproof_api.statements.amounts import TONNES, Bounds, amount, between, claimed, signed
from meterproof_api.statements.document import StatementShape, StreamShape
from meterproof_api.statements.view_findings import finding_views, stopping
from meterproof_api.statements.view_parts import FigureView
from meterproof_api.statements.view_stream import CONFIDENCE, driver_name
from meterproof_api.wording import say

CLAIMABLE = "claimable"
_IN_SENTENCE = 2
_REASONS = 5
Reason = tuple[str, str]
"""Title, and where it was found."""


def of_the_claim(statement: StatementShape) -> list[StreamShape]:
    """Return the streams that options act on."""
    return [stream for stream in statement.streams if stream.linked_options]


def verified_of(stream: StreamShape, statement: StatementShape) -> float:
    """Return what may be claimed of a stream; 0 when the statement as a whole may not be claimed [unit]."""
    return stream.verified if statement.status == CLAIMABLE else 0.0


def sentences(statement: StatementShape, period: str) -> list[str]:
    """Return the outcome in plain words."""
    if statement.status == CLAIMABLE:
        return [say("statement.sentence_claimable", what=_what(statement), period=period)]
    titles = [title for title, _ in reasons_against(statement)]
    shown = _joined(list(dict.fromkeys(titles))[:_IN_SENTENCE]) or say("statement.unclear")
    return [say("statement.sentence_not_claimable", period=period, reasons=shown), *_rises(statement)]


def figures(statement: StatementShape) -> list[FigureView]:
    """Return the key figures: tonnes first, then each stream of the claim, or every stream without one."""
    of_claim = of_the_claim(statement)
    return [_tonnes_figure(statement), *(_figure(stream, statement) for stream in of_claim or statement.streams)]


def reasons_for(statement: StatementShape) -> list[str]:
    """Return why savings may be claimed."""
    labels = {stream.id: stream.label for stream in statement.streams}
    options = [
        say(
            "statement.why_option",
            title=option.title,
            date=option.start_up,
            streams=_joined([labels.get(name, name) for name in option.streams]),
        )
        for option in statement.options
    ]
    streams = [stream for stream in of_the_claim(statement) if stream.status == CLAIMABLE]
    drivers = list(dict.fromkeys(driver_name(name) for stream in streams for name in stream.drivers))
    bounds = [
        say("statement.why_bound", label=stream.label, bound=claimed(stream.verified, stream.unit))
        for stream in streams
    ]
    driven = [say("statement.why_driver", drivers=_joined(drivers))] if drivers and statement.plant.produces else []
    return [*options, *driven, *bounds, say("statement.why_findings")]


def first_reasons(statement: StatementShape) -> list[str]:
    """Return why nothing may be claimed, in sentences; of many reasons the first ones and how many are left."""
    found = [
        say("statement.reason_of", reason=title[:1].upper() + title[1:], where=where)
        for title, where in reasons_against(statement)
    ]
    left = len(found) - _REASONS
    return found if left <= 1 else [*found[:_REASONS], say("statement.more_reasons", count=left)]


def reasons_against(statement: StatementShape) -> list[Reason]:
    """Return why nothing may be claimed, each reason once."""
    places = [(stream.label, stream.findings) for stream in of_the_claim(statement) or statement.streams]
    found: dict[Reason, None] = {}
    for where, findings in [(statement.plant.name, statement.findings), *places]:
        for finding in stopping(finding_views(findings)):
            found[finding.title, where] = None
    return list(found)


def _what(statement: StatementShape) -> str:
    amounts = _joined(
        [
            say("statement.amount_of", amount=claimed(stream.verified, stream.unit), label=stream.label)
            for stream in of_the_claim(statement)
            if stream.status == CLAIMABLE
        ]
    )
    if statement.tonnes is None:
        return amounts
    return say("statement.and_tonnes", tonnes=claimed(statement.tonnes.verified_co2e_t, TONNES), amounts=amounts)


def _rises(statement: StatementShape) -> list[str]:
    rises = [(stream, stream.savings.avoided) for stream in statement.streams if stream.savings]
    return [
        say("statement.sentence_rose", label=stream.label, amount=amount(-avoided, stream.unit))
        for stream, avoided in rises
        if avoided is not None and avoided < 0
    ]


def _tonnes_figure(statement: StatementShape) -> FigureView:
    label, tonnes = say("statement.verified_co2e"), statement.tonnes
    if tonnes is None:
        computed = any(stream.savings for stream in statement.streams)
        text = say("statement.verified_co2e_none" if computed else "statement.point_none")
        value = say("figure.unknown") if statement.status == CLAIMABLE else claimed(0.0, TONNES)
        return FigureView(label, value, text, "", faint=True)
    confidence = next((stream.savings.confidence for stream in statement.streams if stream.savings), CONFIDENCE)
    beside = _point(tonnes.co2e_t, (tonnes.lower, tonnes.upper), TONNES, confidence)
    value = claimed(tonnes.verified_co2e_t, TONNES)
    return FigureView(label, value, say("statement.verified_co2e_text"), beside)


def _figure(stream: StreamShape, statement: StatementShape) -> FigureView:
    key = "statement.verified_amount" if stream.linked_options else "statement.shown_only"
    value, text = claimed(verified_of(stream, statement), stream.unit), say("statement.verified_amount_text")
    return FigureView(say(key, label=stream.label), value, text, _beside(stream), faint=not stream.linked_options)


def _beside(stream: StreamShape) -> str:
    savings = stream.savings
    if savings is None:
        return say("statement.point_none")
    return _point(savings.avoided, (savings.lower, savings.upper), stream.unit, savings.confidence)


def _point(point: float | None, bounds: Bounds, unit: str, confidence: float) -> str:
    words = {"point": signed(point, unit), "confidence": percent(confidence), "interval": between(bounds, unit)}
    return say("statement.point_value_alone" if None in bounds else "statement.point_value", **words)


def _joined(texts: Sequence[str]) -> str:
    return ", ".join(texts) if len(texts) < 2 else ", ".join(texts[:-1]) + say("outcome.and") + texts[-1]
