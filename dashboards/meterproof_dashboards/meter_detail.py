"""One metering point: raw registers, intervals, spans, gauges, flags, gaps and what the ledger decided."""

from collections.abc import Mapping, Sequence
from typing import Any

from meterproof_core.quantities import Kind
from meterproof_core.storage import EntryKind
from meterproof_dashboards import variables
from meterproof_dashboards.catalogue_units import units_by_name
from meterproof_dashboards.dashboard import Dashboard, Row
from meterproof_dashboards.influxql import PLANT, equal
from meterproof_dashboards.ledger_queries import (
    amounts,
    completeness,
    last_interval_ends,
    rows_taken_away,
    spans,
)
from meterproof_dashboards.links import METER_UID, TO_GATEWAYS, TO_PLANT
from meterproof_dashboards.panel_kinds import bars, lines, stat, table, text
from meterproof_dashboards.panels import NEARLY_ALL_WANTED, NONE_WANTED, Override, Panel
from meterproof_dashboards.reading_queries import longest_gaps, newest_rows, newest_told, series
from meterproof_dashboards.units import AGE, COUNT, INSTANT, SECONDS, SHARE
from meterproof_store.influx.schema import (
    CONFIG,
    GATEWAY,
    QUALITY,
    RAW_COMPOSITE,
    RAW_KINDS,
    SEQ,
    STREAM,
    Policy,
    raw_field,
)

_COUNTER = "${counter:raw}"
_RAW = {kind: raw_field("q", kind).removeprefix("q") for kind in RAW_KINDS}
_NUMERIC_REGISTERS = ((_RAW["i"], "integer register"), (_RAW["f"], "floating-point register"))
_ALL_REGISTERS = ", ".join(f'"{_COUNTER}{suffix}"' for suffix in ("", *_RAW.values(), RAW_COMPOSITE))
_CHOSEN = equal("quantity", _COUNTER)
_FLAGGED = f"\"{QUALITY}\" != ''"
_OF_THIS_POINT = '"data" =~ /"point": ?"${point:regex}"/'
_ORIGIN = f'"{GATEWAY}", "{STREAM}", "{SEQ}", "{CONFIG}"'
_CONFIGURATIONS = f'count(distinct("{CONFIG}")) AS "configurations"'

_NOTE = """**${plant} / ${point}** ${simulated} — from the register to the interval. *Raw registers* are what the meter
showed, in counts; the ledger makes *intervals* and *spans* of them and tells of every decision as an *event*:
`rollover`, `reset`, `replacement`, `glitch`, `gap` and others. A flag says why a value is not good; a value without a
flag is good. Choose a counter and a gauge above; the unit is in the quantity's name."""


def meter_detail(time_zone: str = "UTC") -> Dashboard:
    """Return the dashboard, with a time zone to begin with."""
    return Dashboard(
        METER_UID,
        "meterproof: meter detail and data quality",
        "One metering point: its registers, intervals, spans, flags, gaps and events.",
        (
            variables.plant(),
            variables.simulated(),
            variables.one_point(),
            variables.counter(),
            variables.gauge(),
            variables.time_zone(time_zone),
        ),
        (
            Row("What you see", (text("About this dashboard", "How to read the panels.", _NOTE),)),
            Row("State", _state()),
            Row("Register and intervals", _register()),
            Row("Gauge", _gauge()),
            Row("Data quality", _quality()),
            Row("Events and configurations", _told()),
        ),
        links=(TO_PLANT, TO_GATEWAYS),
        since="now-2d",
        time_zone="browser" if time_zone == "UTC" else time_zone,
    )


def _state() -> tuple[Panel, ...]:
    return (
        stat(
            "Completeness",
            "Share of the expected intervals of the chosen counter that are there. The interval that is still running"
            " and spans count as missing.",
            completeness(_CHOSEN),
            unit=SHARE,
            steps=NEARLY_ALL_WANTED,
        ),
        stat(
            "Newest interval",
            "How long ago the newest interval or span of the chosen counter ended, within 90 days before the end of"
            " the range.",
            last_interval_ends(_CHOSEN),
            unit=AGE,
        ),
        stat(
            "Flagged readings",
            "Readings of the range of which at least one value is flagged uncertain, bad or missing.",
            series(f'count("{QUALITY}") AS "flagged"', Policy.COUNTERS, '"point"'),
            unit=COUNT,
            steps=NONE_WANTED,
        ),
        stat(
            "Intervals taken away",
            "Places of the range at which the ledger took an interval away, because later readings showed better, and"
            " put nothing in its place.",
            rows_taken_away(_CHOSEN),
            unit=COUNT,
        ),
    )


def _register() -> tuple[Panel, ...]:
    select = ", ".join(f'last("{_COUNTER}{suffix}") AS "{name}"' for suffix, name in _NUMERIC_REGISTERS)
    return (
        lines(
            "Raw register",
            "What the meter's register showed [counts], last of each step; integer and floating-point registers have"
            " names of their own. A step down is a rollover, a reset, a replacement or a glitch: the events say which.",
            (series(select, Policy.COUNTERS, 'time($__interval), "point" fill(none)', alias="$col"),),
            unit=COUNT,
        ),
        bars(
            "Intervals",
            "What the chosen counter counted in intervals, by quarter hour or, over a long range, by longer steps."
            " Spans are not in the bars.",
            (amounts(_COUNTER, "$__interval", alias=_COUNTER),),
            unit=COUNT,
            every="15m",
            overrides=units_by_name(Kind.COUNTER),
        ),
        table(
            "Newest readings of the counter",
            "Value in the canonical unit, raw register in counts by its type, and where the reading came from."
            " Registers above 2^63 - 1 and composite ones are texts.",
            newest_rows(f"{_ALL_REGISTERS}, {_ORIGIN}", Policy.COUNTERS, limit=200),
        ).sized(24, 8),
        table(
            "Spans",
            "Stretches of the chosen counter whose total is known and whose distribution is not, with their boundary"
            " registers [counts].",
            spans(_CHOSEN),
            overrides=(Override("^end_ms$", INSTANT),),
        ).sized(24, 7),
    )


def _gauge() -> tuple[Panel, ...]:
    select = ", ".join(f'{of}("${{gauge:raw}}") AS "{of}"' for of in ("min", "mean", "max"))
    return (
        lines(
            "Gauge",
            "Lowest, mean and highest value of the chosen gauge in each step. Gauges are kept for 90 days. Values that"
            " are flagged bad are in it: see the flags.",
            (series(select, Policy.GAUGES, 'time($__interval), "point" fill(null)', alias="${gauge:raw} $col"),),
            unit=COUNT,
            overrides=units_by_name(Kind.GAUGE),
        ).sized(24, 8),
    )


def _quality() -> tuple[Panel, ...]:
    return (
        lines(
            "Longest time between two readings",
            "Of the chosen counter, by step. More than 15 min is a gap: the ledger makes a span of it.",
            (longest_gaps(_COUNTER, Policy.COUNTERS),),
            unit=SECONDS,
        ),
        lines(
            "Completeness per day",
            "Share of the expected intervals of the chosen counter that are there, by day of the plant's time zone.",
            (completeness(_CHOSEN, step="1d"),),
            unit=SHARE,
        ),
        table(
            "Flags of counters",
            "Newest readings with a flag: quantity, level (uncertain, bad or missing) and reason.",
            newest_rows(f'"{QUALITY}", {_ORIGIN}', Policy.COUNTERS, _FLAGGED, limit=200),
        ),
        table(
            "Flags of gauges",
            "Newest readings with a flag: quantity, level (uncertain, bad or missing) and reason.",
            newest_rows(f'"{QUALITY}", {_ORIGIN}', Policy.GAUGES, _FLAGGED, limit=200),
        ),
    )


def _told() -> tuple[Panel, ...]:
    return (
        table(
            "Events",
            "What the ledger decided about this metering point, and what the collector noticed, by the time of"
            " writing; t_ms is the instant that it is about.",
            newest_told(EntryKind.EVENT, PLANT, _OF_THIS_POINT, limit=200),
            overrides=(Override("_ms$", INSTANT),),
            transformations=json_columns(),
        ).sized(24, 8),
        table(
            "Meter configurations of the plant",
            "Every configuration that a gateway told, named by its digest. A new one means that meters, register maps"
            " or settings changed.",
            newest_told(EntryKind.CONFIG, PLANT, limit=50),
            transformations=json_columns("points"),
        ),
        lines(
            "Configurations in use, per day",
            "By how many different configurations the point's readings were made on a day (UTC): more than one means"
            " that it changed on that day.",
            (
                series(
                    f'count(distinct("{CONFIG}")) AS "configurations"', Policy.COUNTERS, 'time(1d), "point" fill(none)'
                ),
            ),
            unit=COUNT,
        ),
    )


def json_columns(*left_out: str) -> Sequence[Mapping[str, Any]]:
    """Return the transformations that make columns of an entry's details, without the text itself."""
    hidden = dict.fromkeys(("data", *left_out), True)
    return (
        {"id": "extractFields", "options": {"source": "data", "format": "json", "replace": False}},
        {"id": "organize", "options": {"excludeByName": hidden}},
    )
