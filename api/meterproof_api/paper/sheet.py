"""What the typesetter is given: the view of a statement, the fixed words, and its charts as pictures."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

import msgspec

from meterproof_api.paper.letters import beyond_shipped_fonts
from meterproof_api.statements.charts import CHARTS
from meterproof_api.statements.document import Json, StatementShape, StreamShape
from meterproof_api.statements.view_parts import ChartView, StatementView
from meterproof_api.statements.views import statement_view
from meterproof_api.wording import say
from meterproof_mv.dossier.assessment import StreamRows

Draw = Callable[[Mapping[str, Any]], str]
FONT = "Libertinus Serif"
_WIDTH = 660  # px, so that 11 px letters come out as large as the text around
_HEIGHTS = {"months": 130, "baseline": 150, "cumulative": 135}  # px: page one stays one page, a stream two
_WORDS = {
    "title": "statement.title",
    "brand": "site.name",
    "simulated_mark": "statement.simulated_mark",
    "mend": "page.mend",
    "rule": "page.rule",
    "project": "statement.project",
    "figures": "statement.figures",
    "no_figures": "statement.point_none",
    "method": "statement.method",
    "data": "statement.data",
    "findings": "statement.findings",
    "findings_none": "statement.findings_none",
    "findings_plant": "statement.findings_plant",
    "options": "statement.options",
    "option_none": "statement.option_none",
    "emissions": "statement.emissions",
    "factors": "statement.factors",
    "factors_none": "statement.factors_none",
    "limits": "statement.limits",
    "verify": "statement.verify",
    "signatures": "statement.signatures",
    "signatures_text": "statement.signatures_text",
    "verifier": "statement.verifier",
    "approver": "statement.approver",
    "sign_name": "statement.sign_name",
    "sign_place": "statement.sign_place",
    "sign_signature": "statement.sign_signature",
}


def sheet_of(statement: StatementShape, rows: Mapping[str, StreamRows], draw: Draw) -> Json:
    """Return everything that the typesetter needs, as JSON-able values."""
    view = statement_view(statement)
    issued = statement.issued_at.astimezone(UTC)
    number = f"{view.id}, {say('statement.version_of', version=view.version)}"
    built: Json = msgspec.to_builtins(view)
    if beyond_shipped_fonts(msgspec.json.encode(built).decode()):
        built["limits"].append(say("statement.limit_letters"))
    return {
        "view": built,
        "words": {name: say(key) for name, key in _WORDS.items()},
        "charts": _charts(statement, view, rows, draw),
        "title": f"{say('statement.title')}: {view.plant}",
        "author": statement.program,
        "language": statement.language,
        "issued": [issued.year, issued.month, issued.day, issued.hour, issued.minute],
        "number": number,
        "footer": f"{number} · {say('statement.issued')} {issued:%Y-%m-%d} · {statement.state}",
        "page_of": say("statement.page_of", page="{page}", pages="{pages}"),
    }


def _charts(statement: StatementShape, view: StatementView, rows: Mapping[str, StreamRows], draw: Draw) -> Json:
    streams = {stream.id: stream for stream in statement.streams}
    wanted: list[tuple[str, ChartView]] = [
        *([("first", view.chart)] if view.chart else []),
        *((f"{shown.id}/{chart.name}", chart) for shown in view.streams for chart in shown.charts),
    ]
    return {
        key: draw(_for_paper(chart.name, streams[chart.stream], rows[chart.stream]))
        for key, chart in wanted
        if chart.stream in rows
    }


def _for_paper(name: str, stream: StreamShape, rows: StreamRows) -> Json:
    spec = CHARTS[name](stream, rows)
    return {
        **spec,
        "width": _WIDTH,
        "height": _HEIGHTS[name],
        "config": {**spec["config"], "font": FONT},
    }
