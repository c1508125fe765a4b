"""Panels as values: what they ask, in which unit they show it, and what they mean to the reader.

`Panel.as_json` is the panel as Grafana reads it, without the place in the grid and the number that its dashboard gives
it. The few kinds of panel that the dashboards use are in `panel_kinds`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from meterproof_dashboards.units import COUNT

DATA_SOURCE_TYPE = "influxdb"
DATA_SOURCE_UID = "meterproof-influx"
DATA_SOURCE: Mapping[str, str] = {"type": DATA_SOURCE_TYPE, "uid": DATA_SOURCE_UID}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One InfluxQL query of a panel.

    Parameters
    ----------
    query : str
        Raw InfluxQL with Grafana's variables in it.
    policy : str
        Retention policy; Grafana sends it beside the query, because InfluxDB 2 maps it to a bucket.
    alias : str
        Name of each series; ``$tag_x`` is a tag's value.
    as_table : bool
        Whether rows come back, not series.
    """

    query: str
    policy: str
    alias: str = ""
    as_table: bool = False

    def as_json(self, ref_id: str) -> Json:
        """Return the target as Grafana reads it."""
        shown: Json = {
            "refId": ref_id,
            "datasource": dict(DATA_SOURCE),
            "rawQuery": True,
            "query": self.query,
            "policy": self.policy,
            "resultFormat": "table" if self.as_table else "time_series",
        }
        return {**shown, "alias": self.alias} if self.alias else shown


@dataclass(frozen=True, slots=True)
class Override:
    """Another unit for the fields whose shown name matches a pattern."""

    pattern: str
    unit: str

    def as_json(self) -> Json:
        """Return the override as Grafana reads it."""
        return {
            "matcher": {"id": "byRegexp", "options": f"/{self.pattern}/"},
            "properties": [{"id": "unit", "value": self.unit}],
        }


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on a figure has this colour; None is from below everything."""

    value: float | None
    color: str


CALM: tuple[Step, ...] = (Step(None, "green"),)
NONE_WANTED: tuple[Step, ...] = (Step(None, "green"), Step(1, "red"))
NEARLY_ALL_WANTED: tuple[Step, ...] = (Step(None, "red"), Step(0.9, "orange"), Step(0.98, "green"))
"""Shares of the expected intervals: the colours draw the eye, they judge nothing."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Parameters
    ----------
    kind : str
        Grafana's panel plug-in.
    title, description : str
        What is shown, and in the field's words what it means and leaves out.
    targets : sequence of Target
        The queries.
    unit : str
        Grafana unit of the values.
    width, height : int
        In the grid of 24 columns.
    overrides : sequence of Override
        Other units for single fields.
    steps : sequence of Step
        Thresholds.
    custom, options, extra : mapping
        What the plug-in takes besides, and members of the panel itself.
    """

    kind: str
    title: str
    description: str
    targets: Sequence[Target] = ()
    unit: str = COUNT
    width: int = 12
    height: int = 8
    overrides: Sequence[Override] = ()
    steps: Sequence[Step] = CALM
    custom: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def sized(self, width: int, height: int) -> "Panel":
        """Return the panel in another size."""
        return replace(self, width=width, height=height)

    def as_json(self) -> Json:
        """Return the panel as Grafana reads it, without `id` and `gridPos`."""
        shown: Json = {"type": self.kind, "title": self.title, "description": self.description}
        if self.targets:
            shown["datasource"] = dict(DATA_SOURCE)
            shown["targets"] = [target.as_json(chr(ord("A") + place)) for place, target in enumerate(self.targets)]
            shown["fieldConfig"] = self._fields()
        return {**shown, "options": dict(self.options), **self.extra}

    def _fields(self) -> Json:
        steps = [{"color": step.color, "value": step.value} for step in self.steps]
        color = {"mode": "palette-classic" if len(steps) == 1 else "thresholds"}
        return {
            "defaults": {
                "unit": self.unit,
                "color": color,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": dict(self.custom),
            },
            "overrides": [override.as_json() for override in self.overrides],
        }
