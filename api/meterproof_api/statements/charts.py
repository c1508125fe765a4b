"""The charts of an issued statement as Vega-Lite specifications, from its rows: one definition for screen and paper."""

from collections.abc import Callable, Mapping
from datetime import date
from math import isfinite
from typing import Any

import numpy as np

from meterproof_api.chart_style import ACTUAL, BAND, BASELINE, CONFIG, INK, MUTED, SCHEMA, axis_of_days
from meterproof_api.showing import percent
from meterproof_api.statements.document import Json, StreamShape
from meterproof_api.statements.view_stream import chart_view
from meterproof_api.wording import say
from meterproof_mv.dossier.assessment import StreamRows

_HEIGHT = 190  # px


def months_chart(stream: StreamShape, rows: StreamRows) -> Json:
    """Return expected beside actual use of each month of the reporting period, of rows that both sides know."""
    sums: dict[str, tuple[float, float]] = {}
    for day, _, actual, expected in _compared(rows):
        month = f"{day:%Y-%m}-01"
        before = sums.get(month, (0.0, 0.0))
        sums[month] = (before[0] + expected, before[1] + actual)
    names = (say("statement_legend.expected"), say("statement_legend.actual"))
    values = [
        {"day": month, "side": name, "amount": value, "order": place}
        for month, both in sums.items()
        for place, (name, value) in enumerate(zip(names, both, strict=True))
    ]
    axis = {"labelExpr": "utcFormat(toDate(datum.value), '%b %y')", "labelAngle": 0, "labelOverlap": True}
    encoding = {
        "x": {"field": "day", "type": "ordinal", "title": None, "axis": {**axis, "ticks": False}},
        "xOffset": {"field": "side", "type": "nominal", "sort": list(names)},
        "y": _amounts("amount", say("statement_axis.months", unit=stream.unit)),
        "color": _colours(names, (BAND, ACTUAL)),
        "tooltip": [_tip("day"), {"field": "side", "title": " "}, _tip("amount", stream.unit)],
    }
    return _chart(stream, "months", values, mark={"type": "bar"}, encoding=encoding)


def baseline_chart(stream: StreamShape, rows: StreamRows) -> Json:
    """Return every row's actual use against what the baseline model gives for it, both periods."""
    grain = say(f"statement_axis.{stream.grain}")
    title = say("statement_axis.amount", unit=stream.unit, grain=grain)
    columns = (rows.day.tolist(), rows.end.tolist(), rows.actual.tolist(), rows.expected.tolist())
    values = [
        {"day": day.isoformat(), "end": end.isoformat(), "actual": _number(actual), "expected": _number(expected)}
        for day, end, actual, expected in zip(*columns, strict=True)
    ]
    if values:  # so that the last step has its width
        values.append({**values[-1], "day": values[-1]["end"]})
    names = (say("statement_legend.actual"), say("statement_legend.expected"))
    colour = {key: value for key, value in _colours(names, (BAND, BASELINE)).items() if key != "field"}
    tips = [_tip("day"), _tip("actual", stream.unit), _tip("expected", stream.unit)]

    def layer(place: int, field: str, mark: Json) -> Json:
        y = _amounts(field, title)
        encoding = {"y": y, "color": {**colour, "datum": names[place]}, "tooltip": tips}
        return {"mark": {"interpolate": "step-after", **mark}, "encoding": encoding}

    edge = {"color": ACTUAL, "strokeWidth": 0.7}
    layers = [
        layer(0, "actual", {"type": "area", "line": edge, "invalid": "break-paths-show-path-domains"}),
        layer(1, "expected", {"type": "line", "strokeWidth": 1.3, "invalid": "break-paths-show-path-domains"}),
        *_start_of(stream),
    ]
    return _chart(stream, "baseline", values, layer=layers, encoding={"x": axis_of_days()})


def cumulative_chart(stream: StreamShape, rows: StreamRows) -> Json:
    """Return expected minus actual use, added up; at the end the interval of the sum."""
    total, values = 0.0, [{"day": stream.reporting.start.isoformat(), "sum": 0.0}]
    for _, end, actual, expected in _compared(rows):
        total += expected - actual
        values.append({"day": end.isoformat(), "sum": total})
    title = say("statement_axis.cumulative", unit=stream.unit)
    tips = [_tip("day"), _tip("sum", stream.unit)]
    line = {"mark": {"type": "line", "color": ACTUAL, "strokeWidth": 2}}
    across = {"x": {"value": 0}, "x2": {"value": "width"}, "y": {"datum": 0}}
    layers = [
        {"mark": {"type": "rule", "color": INK, "strokeWidth": 1.2}, "encoding": across},
        {**line, "encoding": {"y": _amounts("sum", title), "tooltip": tips}},
        *_interval(stream, values[-1]["day"], title),
    ]
    return _chart(stream, "cumulative", values, layer=layers, encoding={"x": axis_of_days()})


CHARTS: Mapping[str, Callable[[StreamShape, StreamRows], Json]] = {
    "months": months_chart,
    "baseline": baseline_chart,
    "cumulative": cumulative_chart,
}
"""Every chart of a stream."""


def _compared(rows: StreamRows) -> list[tuple[date, date, float, float]]:
    """Return first day, end, actual and expected use of the reporting rows that were compared."""
    both = (rows.period == "reporting") & np.isfinite(rows.actual) & np.isfinite(rows.expected)
    columns = (rows.day[both], rows.end[both], rows.actual[both], rows.expected[both])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _interval(stream: StreamShape, day: object, title: str) -> list[Json]:
    savings = stream.savings
    if savings is None or savings.lower is None or savings.upper is None:
        return []
    bounds = {"values": [{"day": day, "lower": savings.lower, "upper": savings.upper, "point": savings.avoided}]}
    ends = {"y": _amounts("lower", title), "y2": {"field": "upper"}}
    tips = [_tip("lower", stream.unit), _tip("upper", stream.unit)]
    words = say("statement_legend.interval", confidence=percent(savings.confidence))
    text = {"type": "text", "align": "right", "dx": 6, "dy": -6, "color": INK, "fontSize": 11, "text": words}
    return [
        {
            "data": bounds,
            "mark": {"type": "errorbar", "ticks": True, "color": BASELINE, "thickness": 2.5, "size": 12},
            "encoding": {**ends, "tooltip": tips},
        },
        {"data": bounds, "mark": {**text, "baseline": "bottom"}, "encoding": {"y": _amounts("upper", title)}},
    ]


def _start_of(stream: StreamShape) -> list[Json]:
    start = {"values": [{"day": stream.reporting.start.isoformat()}]}
    words = {"type": "text", "align": "left", "baseline": "bottom", "dx": 3, "y": -3, "color": MUTED, "fontSize": 11}
    return [
        {"data": start, "mark": {"type": "rule", "color": INK, "strokeDash": [4, 3]}},
        {"data": start, "mark": {**words, "text": say("mark.reporting")}},
    ]


def _colours(names: tuple[str, str], colours: tuple[str, str]) -> Json:
    return {
        "field": "side",
        "type": "nominal",
        "scale": {"domain": list(names), "range": list(colours)},
        "title": None,
        "legend": {"orient": "top", "symbolType": "square", "labelLimit": 400},
    }


def _amounts(field: str, title: str) -> Json:
    return {"field": field, "type": "quantitative", "title": title, "axis": {"format": ",~f", "tickCount": 5}}


def _tip(field: str, unit: str = "") -> Json:
    if field == "day":
        shown = {"type": "temporal", "timeUnit": "utcyearmonthdate", "format": "%-d %b %Y"}
        return {"field": "day", "title": say("field.day"), **shown}
    title = say(f"statement_field.{field}", unit=unit)
    return {"field": field, "type": "quantitative", "title": title, "format": ",.4~f"}


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def _chart(stream: StreamShape, name: str, rows: list[Json], **parts: Any) -> Json:  # noqa: ANN401 # Vega-Lite's parts
    shown = chart_view(stream, name)
    return {
        "$schema": SCHEMA,
        "description": f"{shown.title}. {shown.text}",
        "width": "container",
        "height": _HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"name": name, "values": rows},
        **parts,
        "config": CONFIG,
    }
