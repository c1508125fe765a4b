"""The plant at a glance: demand, energy, water, production, and how much of it is known."""

from meterproof_core.quantities import QUANTITIES, quantity
from meterproof_dashboards import variables
from meterproof_dashboards.dashboard import Dashboard, Row
from meterproof_dashboards.ledger_queries import (
    amounts,
    completeness,
    demand,
    last_interval_ends,
    one_demand,
    ratio,
    spans,
    totals,
)
from meterproof_dashboards.links import PLANT_UID, TO_GATEWAYS, TO_METER
from meterproof_dashboards.panel_kinds import bars, lines, stat, table, text
from meterproof_dashboards.panels import NEARLY_ALL_WANTED, Override, Panel, Target
from meterproof_dashboards.reading_queries import newest
from meterproof_dashboards.units import AGE, INSTANT, SHARE, grafana_unit, ratio_unit
from meterproof_store.influx.schema import Policy

ELECTRICITY = "energy_import_kwh"
POWER = "power_active_kw"
HEAT = "heat_kwh"
WATER = "volume_m3"
STEAM = "mass_kg"
PRODUCTION = "production_t"

RECENT_MINUTES = 15

_NOTE = """**${plant}** ${simulated} — energy, water and production come from the ledger's **intervals** (15 min) and
**spans**; nothing here is a difference of registers. A span is a stretch whose total is known and whose distribution is
not: it stands in totals that contain it whole and in the table of spans, and is never spread over bars. Metering points
may contain one another (a main meter and its sub-meters), so they stand side by side and are not added up.

A plant whose id contains the word *simulated* holds simulated data; the word then stands in the title of every panel.
Days, hours and months begin where they do in the *plant's time zone* chosen above."""

_NOT_SPREAD = "Spans are not in the bars, because nobody knows when in a span it was used: see the table of spans."
_CUT = "The first and the last bar hold only what lies within the chosen range."


def plant_overview(time_zone: str = "UTC") -> Dashboard:
    """Return the dashboard, with a time zone to begin with."""
    return Dashboard(
        PLANT_UID,
        "meterproof: plant overview",
        "What a plant uses, when, for how much production, and how much of it is known.",
        (
            variables.plant(),
            variables.simulated(),
            variables.points(),
            variables.level(),
            variables.time_zone(time_zone),
            variables.point_of("energy_point", "Energy of", ELECTRICITY),
            variables.point_of("water_point", "Water of", WATER),
            variables.point_of("production_point", "Production of", PRODUCTION),
        ),
        (
            Row("What you see", (text("About this dashboard", "How to read the panels.", _NOTE).sized(24, 6),)),
            Row("Now", _now()),
            Row("Electricity", _electricity()),
            Row("Water, heat and steam", (_used(WATER), _total(WATER), _used(HEAT), _total(HEAT), _used(STEAM))),
            Row("Production and specific consumption", _specific()),
            Row("How much is known", _known()),
        ),
        links=(TO_METER, TO_GATEWAYS),
        since="now-7d/d",
        time_zone="browser" if time_zone == "UTC" else time_zone,
    )


def _now() -> tuple[Panel, ...]:
    kw = grafana_unit(QUANTITIES[POWER].unit)
    return (
        stat(
            "Power now",
            f"Latest active power of each metering point, read in the last {RECENT_MINUTES} min of the range. A point"
            " that gave nothing since then is not shown.",
            newest(f'last("{POWER}") AS "power"', Policy.GAUGES, RECENT_MINUTES),
            unit=kw,
        ),
        stat(
            "Demand of the last interval",
            "Mean power of the newest interval of 15 min in the range.",
            one_demand(ELECTRICITY, "last"),
            unit=kw,
        ),
        stat(
            "Peak demand",
            "Highest mean power of an interval of 15 min in the range.",
            one_demand(ELECTRICITY, "max"),
            unit=kw,
        ),
        stat(
            "Completeness",
            "Share of the expected intervals of 15 min that are there, by counter. The interval that is still running"
            " and spans count as missing.",
            completeness(),
            unit=SHARE,
            steps=NEARLY_ALL_WANTED,
        ),
    )


def _electricity() -> tuple[Panel, ...]:
    kw = grafana_unit(QUANTITIES[POWER].unit)
    kwh = grafana_unit(QUANTITIES[ELECTRICITY].unit)
    return (
        lines(
            "Demand, 15 min",
            "Mean power of each interval of 15 min; over a long range the highest of each step, so that peaks stay."
            " Where nothing is known the line is broken; a span has no demand.",
            (demand(ELECTRICITY),),
            unit=kw,
            every="15m",
        ).sized(24, 9),
        _used(ELECTRICITY),
        _total(ELECTRICITY),
        _months(ELECTRICITY, kwh),
        table(
            "Spans",
            "Stretches whose total is known and whose distribution is not, with their boundary registers [counts];"
            " those that overlap the range and began at most 90 days before its end. All counters.",
            spans(),
            overrides=(Override("^end_ms$", INSTANT),),
        ).sized(16, 8),
    )


def _used(name: str) -> Panel:
    what = quantity(name)
    return bars(
        f"{what.label}, per ${{level}}",
        f"What each metering point counted in intervals. {_NOT_SPREAD} {_CUT}",
        (amounts(name, "${level:raw}"),),
        unit=grafana_unit(what.unit),
        every="15m",
    ).sized(16, 8)


def _total(name: str) -> Panel:
    what = quantity(name)
    return stat(
        f"{what.label}, whole range",
        "What each metering point counted in the range: its intervals, and the spans that lie whole within it.",
        totals(name),
        unit=grafana_unit(what.unit),
    ).sized(8, 8)


def _months(name: str, unit: str) -> Panel:
    return table(
        f"{quantity(name).label}, per month",
        "Days of the plant's time zone added up by month; the first and the last month hold only what lies within the"
        " chosen range. Grafana names the months in the time zone of your own preferences: let it be the plant's.",
        _by_day(name),
        overrides=(Override("^amount", unit),),
        transformations=(
            {"id": "formatTime", "options": {"timeField": "Time", "outputFormat": "YYYY-MM", "useTimezone": True}},
            {
                "id": "groupBy",
                "options": {
                    "fields": {
                        "Time": {"operation": "groupby", "aggregations": []},
                        "point": {"operation": "groupby", "aggregations": []},
                        "amount": {"operation": "aggregate", "aggregations": ["sum"]},
                    }
                },
            },
        ),
    ).sized(8, 8)


def _by_day(name: str) -> Target:
    return amounts(name, "1d")


def _specific() -> tuple[Panel, ...]:
    product = quantity(PRODUCTION)
    panels = [_used(PRODUCTION), _total(PRODUCTION)]
    for name, variable in ((ELECTRICITY, "energy_point"), (WATER, "water_point")):
        what = quantity(name)
        panels.append(
            lines(
                f"{what.label} per t produced",
                f"What ${{{variable}}} counted by what ${{production_point}} produced, over the intervals in which both"
                " are known. Nothing is shown where nothing was produced.",
                (
                    ratio(
                        (name, variable), (PRODUCTION, "production_point"), f"${{{variable}}} per ${{production_point}}"
                    ),
                ),
                unit=ratio_unit(what.unit, product.unit),
            )
        )
    return tuple(panels)


def _known() -> tuple[Panel, ...]:
    return (
        lines(
            "Completeness per day",
            "Share of the expected intervals of 15 min that are there, by counter and day of the plant's time zone;"
            " a day of 23 or 25 hours has 92 or 100 of them.",
            (completeness(step="1d"),),
            unit=SHARE,
        ),
        stat(
            "Newest interval",
            "How long ago the newest interval or span of each counter ended; what ended more than 90 days before the"
            " end of the range is not shown.",
            last_interval_ends(),
            unit=AGE,
        ).sized(12, 8),
    )
