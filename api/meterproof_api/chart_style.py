"""How every chart looks: colours that differ in print and for colour-blind eyes, axes, tooltips, period marks."""

from math import isfinite
from typing import Any

from meterproof_api.showing import percent
from meterproof_api.statement import DEFAULT_CONFIDENCE, Json, Statement
from meterproof_api.wording import say

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
INK = "#1d2b33"
MUTED = "#52636d"
GRID = "#e3e9ec"
ACTUAL = "#0b4f7a"
BASELINE = "#d9741f"
BAND = "#a9c9df"
ZERO = "#1d2b33"
HEAT_SCALE: Json = {"scheme": "yellowgreenblue", "zero": True}
COMPLETENESS_CLASSES = (
    (1.0, "whole", "#1f7a5c"),
    (0.9, "most", "#8cc5ad"),
    (0.5, "half", "#f3c98b"),
    (0.0, "few", "#d9741f"),
)
"""Classes of a day's completeness: from this share on, name, colour."""
NOTHING = ("none", "#8f1d1d")
"""The class of a day without any interval."""

NOT_YET = ("later", "#e6ebee")
"""The class of a day behind the last interval that is there."""
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
CONFIG: Json = {
    "font": _FONT,
    "aria": False,  # the page names and describes each chart; a label for each of 8,760 cells helps nobody
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 11,
        "gridColor": GRID,
        "domainColor": MUTED,
        "tickColor": MUTED,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "symbolStrokeWidth": 3,
    },
}


def chart_words(name: str, statement: Statement) -> tuple[str, str]:
    """Return the title of a chart and what it shows."""
    confidence = percent(statement.savings.confidence if statement.savings else DEFAULT_CONFIDENCE)
    return say(f"chart.{name}.title"), say(f"chart.{name}.text", confidence=confidence)


def is_empty(name: str, statement: Statement) -> bool:
    """Return whether a chart has nothing to draw yet."""
    if name == "cumulative":
        return not statement.cumulative
    return name != "completeness" and not any(row.present or isfinite(row.actual) for row in statement.rows)


def chart(name: str, statement: Statement, rows: list[Json], **parts: Any) -> Json:  # noqa: ANN401 # Vega-Lite's parts
    """Return a whole chart: its rows, its parts, its description for those who cannot see it.

    One in whose rows nothing was measured says so in ``usermeta.empty``: axes without marks would only puzzle.
    """
    heading, text = chart_words(name, statement)
    return {
        "$schema": SCHEMA,
        "description": f"{heading}. {text}",
        "usermeta": {"empty": is_empty(name, statement)},
        "width": "container",
        "height": 220,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"name": name, "values": rows},
        **parts,
        "config": CONFIG,
    }


def title(field: str) -> str:
    """Return what people call a field."""
    return say(f"field.{field}")


_FORMATS = {"day": "%a %-d %b %Y", "share": ".1%", "hour": "d", "span": ",.1f"}


def hover(field: str) -> Json:
    """Return a line of the tooltip."""
    if field == "day":
        return {
            "field": "day",
            "type": "temporal",
            "timeUnit": "utcyearmonthdate",
            "title": title("day"),
            "format": _FORMATS["day"],
        }
    return {"field": field, "type": "quantitative", "title": title(field), "format": _FORMATS.get(field, ",.1f")}


def axis_of_days() -> Json:
    """Return the x axis of local days."""
    return {
        "field": "day",
        "type": "temporal",
        "timeUnit": "utcyearmonthdate",
        "title": None,
        "scale": {"type": "utc", "nice": False},
        "axis": {"format": "%b %Y", "grid": False, "tickCount": "month", "labelOverlap": True, "labelFlush": False},
    }


def period_marks(statement: Statement) -> list[Json]:
    """Return the line at which the reporting period begins, with its words; x comes from the chart."""
    start = {"values": [{"day": statement.plant.reporting_period.start.isoformat()}]}
    words = {"type": "text", "align": "left", "baseline": "bottom", "dx": 3, "y": -3, "color": MUTED, "fontSize": 11}
    return [
        {"data": start, "mark": {"type": "rule", "color": INK, "strokeDash": [4, 3]}},
        {"data": start, "mark": {**words, "text": say("mark.reporting")}},
    ]
