"""A dashboard as a value, and the JSON that Grafana reads: the same every time it is built."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from meterproof_core.errors import SettingsError
from meterproof_dashboards.panels import DATA_SOURCE, Json, Panel

SCHEMA_VERSION = 39
"""Dashboard schema of Grafana 11.0; later Grafanas bring it up to theirs when they load it."""
OLDEST_GRAFANA = (11, 0)
TAG = "meterproof"
GRID_COLUMNS = 24

SIMULATED = "${simulated}"
"""Stands in every panel title: empty for a real plant, the word itself for one whose id contains it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable with fixed choices; the first is chosen unless a default is given."""

    name: str
    label: str
    values: Sequence[str]
    default: str = ""

    def as_json(self) -> Json:
        """Return the variable as Grafana reads it."""
        chosen = self.default or self.values[0]
        return {
            "type": "custom",
            "name": self.name,
            "label": self.label,
            "query": ",".join(self.values),
            "options": [{"text": each, "value": each, "selected": each == chosen} for each in self.values],
            "current": {"text": chosen, "value": chosen},
            "multi": False,
            "includeAll": False,
            "allowCustomValue": True,
            "hide": 0,
        }


@dataclass(frozen=True, slots=True)
class Lookup:
    """A variable whose choices the database gives.

    Parameters
    ----------
    name, label : str
        In queries, and for people.
    query : str
        InfluxQL that lists the choices.
    several : bool
        Whether several or all may be chosen; all are, to begin with.
    regex : str
        Keeps of each choice what its first group matches.
    hidden : bool
        Whether it is not for people.
    """

    name: str
    label: str
    query: str
    several: bool = False
    regex: str = ""
    hidden: bool = False

    def as_json(self) -> Json:
        """Return the variable as Grafana reads it."""
        shown: Json = {
            "type": "query",
            "name": self.name,
            "label": self.label,
            "datasource": dict(DATA_SOURCE),
            "query": self.query,
            "definition": self.query,
            "regex": self.regex,
            "refresh": 2,  # when the time range changes: what is new shows without a reload
            "sort": 1,
            "multi": self.several,
            "includeAll": self.several,
            "options": [],
            "current": {},
            "hide": 2 if self.hidden else 0,
        }
        if self.several:
            shown |= {"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}}
        return shown


Variable = Choice | Lookup


@dataclass(frozen=True, slots=True)
class Link:
    """The way to another dashboard, with the time range and what both let the reader choose in the same way."""

    title: str
    uid: str
    carried: Sequence[str]

    def as_json(self) -> Json:
        """Return the link as Grafana reads it."""
        chosen = "&".join(f"${{{name}:queryparam}}" for name in self.carried)
        return {
            "type": "link",
            "title": self.title,
            "url": f"/d/{self.uid}?{chosen}",
            "icon": "dashboard",
            "keepTime": True,
            "includeVars": False,
            "targetBlank": False,
            "tags": [],
        }


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard.

    Parameters
    ----------
    uid : str
        Stays the same for ever: links and updates go by it.
    title, description : str
        For people.
    variables : sequence of Variable
        What the reader chooses; one that uses another comes after it.
    rows : sequence of Row
        From top to bottom.
    links : sequence of Link
        To the other dashboards.
    since : str
        Start of the time range to begin with.
    time_zone : str
        IANA name in which the axes are shown; ``browser`` is the reader's own.
    """

    uid: str
    title: str
    description: str
    variables: Sequence[Variable]
    rows: Sequence[Row]
    links: Sequence[Link]
    since: str
    time_zone: str = "browser"

    def as_json(self) -> Json:
        """Return the dashboard as Grafana reads it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "timezone": self.time_zone,
            "time": {"from": self.since, "to": "now"},
            "refresh": "1m",
            "links": [link.as_json() for link in self.links],
            "annotations": {"list": []},
            "templating": {"list": [variable.as_json() for variable in self.variables]},
            "panels": _placed(self.rows),
        }

    def as_text(self) -> str:
        """Return the dashboard's file: the same bytes for the same dashboard."""
        return json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"


def _placed(rows: Sequence[Row]) -> list[Json]:
    """Return headings and panels with their numbers and places, filled from left to right."""
    placed: list[Json] = []
    top = 0
    for row in rows:
        heading = {"type": "row", "title": row.title, "collapsed": False, "panels": []}
        placed.append({"id": len(placed) + 1, **heading, "gridPos": _place(0, top, GRID_COLUMNS, 1)})
        top += 1
        left = height = 0
        for panel in row.panels:
            if panel.width > GRID_COLUMNS:
                raise SettingsError(f"panel {panel.title!r}: width {panel.width}; at most {GRID_COLUMNS} is accepted")
            if left + panel.width > GRID_COLUMNS:
                top, left, height = top + height, 0, 0
            shown = panel.as_json()
            shown["title"] = f"{panel.title} {SIMULATED}"
            placed.append({"id": len(placed) + 1, **shown, "gridPos": _place(left, top, panel.width, panel.height)})
            left, height = left + panel.width, max(height, panel.height)
        top += height
    return placed


def _place(left: int, top: int, width: int, height: int) -> Json:
    return {"x": left, "y": top, "w": width, "h": height}
