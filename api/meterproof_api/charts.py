"""The charts of a plant as Vega-Lite specifications: one definition for the screen and for paper.

Pure functions from values to dictionaries. Local days travel as plain dates on a UTC scale, so that no browser moves
them into its own zone; a figure that is not there is null and leaves a hole, never a zero.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from meterproof_api.chart_style import (
    ACTUAL,
    BAND,
    BASELINE,
    COMPLETENESS_CLASSES,
    HEAT_SCALE,
    INK,
    NOT_YET,
    NOTHING,
    axis_of_days,
    chart,
    hover,
    period_marks,
)
from meterproof_api.load_profile import LoadProfile
from meterproof_api.statement import Json, Row, Statement
from meterproof_api.wording import say
from meterproof_mv.findings import finite_or_none


def demand_chart(statement: Statement, profile: LoadProfile) -> Json:
    """Return the band of 15-minute demand of each day, with its mean."""
    rows = [
        {
            "day": profile.day(row).isoformat(),
            "least": finite_or_none(float(profile.least_kw[row])),
            "mean": finite_or_none(float(profile.mean_kw[row])),
            "most": finite_or_none(float(profile.most_kw[row])),
        }
        for row in range(len(profile.mean_kw))
    ]
    y = {"type": "quantitative", "title": say("axis.demand", unit=statement.rate_unit)}
    tips = [hover("day"), hover("most"), hover("mean"), hover("least")]
    band = {
        "mark": {"type": "area", "color": BAND, "interpolate": "step", "invalid": "break-paths-show-path-domains"},
        "encoding": {"y": {**y, "field": "least"}, "y2": {"field": "most"}, "tooltip": tips},
    }
    mean = {
        "mark": {"type": "line", "color": ACTUAL, "strokeWidth": 1.4, "interpolate": "step"},
        "encoding": {"y": {**y, "field": "mean"}, "tooltip": tips},
    }
    return chart(
        "demand", statement, rows, layer=[band, mean, *period_marks(statement)], encoding={"x": axis_of_days()}
    )


def load_chart(statement: Statement, profile: LoadProfile) -> Json:
    """Return the mean demand of each hour of each day as a field of colours."""
    rows = [
        {
            "day": profile.day(row).isoformat(),
            "next": (profile.day(row) + timedelta(days=1)).isoformat(),
            "hour": hour,
            "kw": round(value, 2),
        }
        for row, hours in enumerate(profile.hourly_kw.tolist())
        for hour, value in enumerate(hours)
        if value == value  # a NaN is no cell
    ]
    # a stroke of the cell's own colour closes the hairlines that canvas leaves between neighbours
    cell = {"type": "rect", "stroke": {"expr": "scale('color', datum.kw)"}, "strokeWidth": 0.6}
    encoding = {
        "x": axis_of_days(),
        "x2": {"field": "next"},
        "y": {
            "field": "hour",
            "bin": {"binned": True, "step": 1},
            "type": "quantitative",
            "title": say("axis.hour"),
            "scale": {"domain": [0, 24], "reverse": True, "nice": False},
            "axis": {"values": [0, 6, 12, 18, 24], "format": "02d", "grid": False},
        },
        "color": {
            "field": "kw",
            "type": "quantitative",
            "scale": HEAT_SCALE,
            "title": say("axis.hourly_demand", unit=statement.rate_unit),
            "legend": {"orient": "top", "gradientLength": 220, "titleLimit": 400},
        },
        "tooltip": [hover("day"), hover("hour"), hover("kw")],
    }
    return chart("load", statement, rows, mark=cell, encoding=encoding)


def baseline_chart(statement: Statement, profile: LoadProfile) -> Json:
    """Return the metered energy of each day against what the baseline model gives for it."""
    del profile
    rows = [
        {"day": row.day.isoformat(), "actual": finite_or_none(row.actual), "baseline": finite_or_none(row.baseline)}
        for row in statement.rows
    ]
    if rows and not statement.by_day:  # a month is as wide as it is long, the last one too
        rows.append({**rows[-1], "day": statement.rows[-1].end.isoformat()})
    y = {
        "type": "quantitative",
        "title": say("axis.use_a_day" if statement.by_day else "axis.use_a_month", unit=statement.unit),
        "axis": {"format": ",.0f"},
    }
    tips = [hover("day"), hover("actual"), hover("baseline")]
    names = [say("legend.actual"), say("legend.baseline")]
    scale = {"domain": names, "range": [BAND, BASELINE]}

    def layer(field: str, mark: Json) -> Json:
        name = names[field == "baseline"]
        colour = {
            "datum": name,
            "type": "nominal",
            "scale": scale,
            "title": None,
            "legend": {"orient": "top", "symbolType": "square"},
        }
        return {
            "mark": {"interpolate": "step" if statement.by_day else "step-after", **mark},
            "encoding": {"y": {**y, "field": field}, "color": colour, "tooltip": tips},
        }

    edge = {"color": ACTUAL, "strokeWidth": 0.8}
    layers = [
        layer("actual", {"type": "area", "line": edge, "invalid": "break-paths-show-path-domains"}),
        layer("baseline", {"type": "line", "strokeWidth": 1.5}),
        *period_marks(statement),
    ]
    return chart("baseline", statement, rows, layer=layers, encoding={"x": axis_of_days()})


def cumulative_chart(statement: Statement, profile: LoadProfile) -> Json:
    """Return the difference that has added up since the reporting period began, with its band and the zero line."""
    del profile
    unit, scale = ("MWh", 1000) if statement.unit == "kWh" else (statement.unit, 1)
    rows = [
        {
            "day": row.day.isoformat(),
            "difference": finite_or_none(row.difference / scale),
            "lower": finite_or_none(row.lower / scale),
            "upper": finite_or_none(row.upper / scale),
        }
        for row in statement.cumulative
    ]
    y = {"type": "quantitative", "title": say("axis.cumulative", unit=unit)}
    tips = [hover("day"), hover("difference"), hover("lower"), hover("upper")]
    band = {
        "mark": {"type": "area", "color": BAND, "opacity": 0.75},
        "encoding": {"y": {**y, "field": "lower"}, "y2": {"field": "upper"}, "tooltip": tips},
    }
    line = {
        "mark": {"type": "line", "color": ACTUAL, "strokeWidth": 2},
        "encoding": {"y": {**y, "field": "difference"}, "tooltip": tips},
    }
    across = {"x": {"value": 0}, "x2": {"value": "width"}, "y": {"datum": 0}}
    zero = {"mark": {"type": "rule", "color": INK, "strokeWidth": 1.2}, "encoding": across}
    return chart("cumulative", statement, rows, layer=[band, zero, line], encoding={"x": axis_of_days()})


def completeness_chart(statement: Statement, profile: LoadProfile) -> Json:
    """Return a calendar of the share of expected intervals that are there; a dot marks a day touched by a span."""
    del profile
    monday = statement.first_day - timedelta(days=statement.first_day.weekday())
    last = max((row.day for row in statement.rows if row.present or row.span_hours), default=date.min)
    rows = [
        {
            "day": row.day.isoformat(),
            "week": (row.day - timedelta(days=row.day.weekday())).isoformat(),
            "weekday": row.day.weekday(),
            "share": row.present / row.expected if row.expected else 0.0,
            "class": say(f"completeness.{_class_of(row, last)}"),
            "span": round(row.span_hours, 2),
        }
        for row in statement.rows
    ]
    classes = [*((name, colour) for _, name, colour in COMPLETENESS_CLASSES), NOTHING, NOT_YET]
    colour = {
        "field": "class",
        "type": "nominal",
        "title": None,
        "scale": {
            "domain": [say(f"completeness.{name}") for name, _ in classes],
            "range": [colour for _, colour in classes],
        },
        "legend": {"orient": "top", "symbolType": "square", "symbolStrokeWidth": 0},
    }
    tips = [hover("day"), hover("share"), hover("span")]
    cells = {
        "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1.5},
        "encoding": {"color": colour, "tooltip": tips},
    }
    spans = {
        "transform": [{"filter": "datum.span > 0"}],
        "mark": {"type": "point", "size": 24, "fill": "white", "stroke": INK, "opacity": 1},
        "encoding": {"tooltip": tips},
    }
    weeks = -(-(statement.end_day - monday).days // 7)
    place = {"x": _week_axis([monday + timedelta(weeks=week) for week in range(weeks)]), "y": _weekday_axis()}
    return chart("completeness", statement, rows, layer=[cells, spans], encoding=place)


def _class_of(row: Row, last: date) -> str:
    if row.day > last:
        return NOT_YET[0]
    if not row.present:
        return NOTHING[0]
    return next(name for least, name, _ in COMPLETENESS_CLASSES if row.present >= least * row.expected)


def _week_axis(mondays: Sequence[date]) -> Json:
    new_month = [monday.isoformat() for monday in mondays if monday.day <= 7]
    axis = {"values": new_month, "labelExpr": "utcFormat(toDate(datum.value), '%b %Y')", "labelAngle": 0}
    return {
        "field": "week",
        "type": "ordinal",
        "title": None,
        "scale": {"domain": [monday.isoformat() for monday in mondays]},
        "axis": {**axis, "labelAlign": "left", "labelOverlap": True, "ticks": False, "domain": False},
    }


def _weekday_axis() -> Json:
    names = say("axis.weekdays").split()
    axis = {"labelExpr": f"{names!r}[datum.value]", "ticks": False, "domain": False, "labelOverlap": False}
    return {"field": "weekday", "type": "ordinal", "title": None, "scale": {"domain": list(range(7))}, "axis": axis}


CHARTS: Mapping[str, Callable[[Statement, LoadProfile], Json]] = {
    "baseline": baseline_chart,
    "cumulative": cumulative_chart,
    "demand": demand_chart,
    "load": load_chart,
    "completeness": completeness_chart,
}
"""Every chart of a plant's page, in its order there."""

METERED_ONLY = frozenset({"demand", "load", "completeness"})
"""What needs quarter hours; a hand-kept series has none."""


def charts_of(statement: Statement) -> tuple[str, ...]:
    """Return the charts that a stream has, in the order of the page."""
    return tuple(name for name in CHARTS if statement.metered or name not in METERED_ONLY)
