"""The parts that every query of the dashboards is put together from.

InfluxQL is the one language that InfluxDB 1, 2 and 3 share. ``${name:raw}`` and ``${name:regex}`` are Grafana's
variables in a form that every version of it fills in the same way.
"""

PLANT = "\"plant\" = '${plant:raw}'"
POINTS = '"point" =~ /^${point:regex}$/'
"""The chosen metering points, one or several."""
TIME_ZONE = "tz('${tz:raw}')"
"""Days and hours begin where the plant's own do."""

RANGE = "time >= ${__from}ms AND time < ${__to}ms"
"""Half-open, as everywhere in the ledger; Grafana's own filter contains the end of the range."""
FILTER = "$timeFilter"
"""Grafana's own filter, for what is not tied to a grid."""
SEARCHED = "time >= ${__to}ms - 90d AND time < ${__to}ms"
"""How far back is searched for what was seen last: without a bound the database would walk through everything."""


def select(what: str, origin: str, *conditions: str, group: str = "", tail: str = "") -> str:
    """Return a statement; all conditions have to hold.

    Examples
    --------
    >>> select("*", source("p", "m"), "a = 1", "b = 2", group="c", tail="LIMIT 1")
    'SELECT * FROM "p"."m" WHERE a = 1 AND b = 2 GROUP BY c LIMIT 1'
    """
    parts = ["SELECT", what, "FROM", origin, "WHERE", " AND ".join(conditions)]
    if group:
        parts += ["GROUP BY", group]
    return " ".join([*parts, tail] if tail else parts)


def source(policy: str, measurement: str) -> str:
    """Return a measurement with its retention policy."""
    return f'"{policy}"."{measurement}"'


def equal(tag: str, value: str) -> str:
    """Return the condition that a tag has a value; a variable is written as ``${counter:raw}``."""
    return f"\"{tag}\" = '{value}'"


def choices(policy: str, measurement: str, tag: str, *conditions: str) -> str:
    """Return the query that lists a tag's values, for a variable."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f'SHOW TAG VALUES FROM {source(policy, measurement)} WITH KEY = "{tag}"{where}'
