"""The few kinds of panel that the dashboards use, each set up once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from meterproof_dashboards.panels import CALM, Override, Panel, Step, Target

_LEGEND = {"displayMode": "table", "placement": "bottom", "showLegend": True}
_TOOLTIP = {"mode": "multi", "sort": "desc"}


def lines(
    title: str,
    description: str,
    targets: Sequence[Target],
    *,
    unit: str,
    every: str = "",
    overrides: Sequence[Override] = (),
) -> Panel:
    """Return a panel of lines; a gap in the data is a gap in the line. `every` is the shortest step."""
    return Panel(
        "timeseries",
        title,
        description,
        targets,
        unit,
        overrides=overrides,
        custom={"drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "spanNulls": False, "showPoints": "auto"},
        options={"legend": {**_LEGEND, "calcs": ["min", "mean", "max"]}, "tooltip": _TOOLTIP},
        extra={"interval": every} if every else {},
    )


def bars(
    title: str,
    description: str,
    targets: Sequence[Target],
    *,
    unit: str,
    every: str = "",
    overrides: Sequence[Override] = (),
) -> Panel:
    """Return a panel of bars that stand beside each other: the points of a plant contain one another."""
    return Panel(
        "timeseries",
        title,
        description,
        targets,
        unit,
        overrides=overrides,
        custom={"drawStyle": "bars", "lineWidth": 1, "fillOpacity": 60, "stacking": {"mode": "none", "group": "A"}},
        options={"legend": {**_LEGEND, "calcs": ["sum"]}, "tooltip": _TOOLTIP},
        extra={"interval": every} if every else {},
    )


def stat(title: str, description: str, target: Target, *, unit: str, steps: Sequence[Step] = CALM) -> Panel:
    """Return a panel of single figures, one a series."""
    return Panel(
        "stat",
        title,
        description,
        (target,),
        unit,
        width=6,
        height=5,
        steps=steps,
        options={
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "value_and_name",
            "colorMode": "none" if steps == CALM else "value",
            "graphMode": "none",
            "orientation": "auto",
        },
    )


def table(
    title: str,
    description: str,
    target: Target,
    *,
    overrides: Sequence[Override] = (),
    transformations: Sequence[Mapping[str, Any]] = (),
) -> Panel:
    """Return a table of rows."""
    return Panel(
        "table",
        title,
        description,
        (replace(target, as_table=True),),
        overrides=overrides,
        custom={"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True},
        options={"showHeader": True, "cellHeight": "sm"},
        extra={"transformations": [dict(step) for step in transformations]} if transformations else {},
    )


def text(title: str, description: str, content: str) -> Panel:
    """Return a panel of Markdown."""
    return Panel("text", title, description, width=24, height=4, options={"mode": "markdown", "content": content})
