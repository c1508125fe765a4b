"""The road from the gateways to the store: what arrives, what was lost or refused, and who was last heard of."""

from meterproof_core.storage import EntryKind
from meterproof_dashboards import variables
from meterproof_dashboards.dashboard import Dashboard, Row
from meterproof_dashboards.influxql import PLANT, SEARCHED, equal
from meterproof_dashboards.links import FROM_GATEWAYS, GATEWAYS_UID
from meterproof_dashboards.meter_detail import json_columns
from meterproof_dashboards.panel_kinds import lines, stat, table, text
from meterproof_dashboards.panels import NONE_WANTED, Override, Panel
from meterproof_dashboards.reading_queries import newest_told, series, told
from meterproof_dashboards.units import COUNT, INSTANT, PER_MINUTE
from meterproof_store.influx.schema import SEQ, Policy

_PER_MINUTE = "* 60000 / $__interval_ms"
_OF_THIS_PLANT_OR_NONE = f"({PLANT} OR {equal('plant', '')})"
_OF_THE_COLLECTOR = '"data" =~ /"code": ?"(two_gateways|new_stream|dead_letter_replayed)"/'
_BY_STREAM = 'time($__interval), "source" fill(0)'

_NOTE = """**${plant}** ${simulated} — gateways spool readings and send them in batches, numbered by `seq` in a `stream`
(the identity of a gateway's spool file). The collector stores a batch, notes its **arrival** in the journal and sends a
receipt; without one the gateway sends it again, so a broker or collector that was away shows as a dip and then a peak,
not as a loss. A **loss** is what a gateway had to give up, or what came too late to be kept. A **dead letter** is a
message that cannot be stored, kept with its reason: list and replay them with `meterproof collector dead-letters`.
Everything here comes from the journal in the database; a collector's own `/metrics` tells more of the process."""


def gateway_health() -> Dashboard:
    """Return the dashboard."""
    return Dashboard(
        GATEWAYS_UID,
        "meterproof: gateway and collector health",
        "What arrives from the gateways, what was lost or refused, and who was last heard of.",
        (variables.plant(), variables.simulated(), variables.points()),
        (
            Row("What you see", (text("About this dashboard", "How to read the panels.", _NOTE).sized(24, 5),)),
            Row("State", _state()),
            Row("Arrivals", _arrivals()),
            Row("Losses and dead letters", _trouble()),
            Row("Collector", _collector()),
        ),
        links=FROM_GATEWAYS,
        since="now-6h",
    )


def _state() -> tuple[Panel, ...]:
    return (
        stat(
            "Batches stored",
            "Batches of the range that were stored and receipted, by stream.",
            told(EntryKind.ARRIVAL, 'count("rows") AS "batches"', PLANT, group='"source"'),
            unit=COUNT,
        ),
        stat(
            "Samples stored",
            "Samples in the batches of the range, by stream; one that came twice counts twice here.",
            told(EntryKind.ARRIVAL, 'sum("rows") AS "samples"', PLANT, group='"source"'),
            unit=COUNT,
        ),
        stat(
            "Samples lost",
            "Samples that a gateway gave up, or that were too old to be kept. No data: none was lost in the range.",
            told(EntryKind.LOSS, 'sum("samples") AS "lost"', PLANT),
            unit=COUNT,
            steps=NONE_WANTED,
        ),
        stat(
            "Messages refused",
            "Dead letters of the range: messages that could not be stored, of this plant and of none that is known."
            " No data: there was none.",
            told(EntryKind.DEAD_LETTER, 'count("entry_id") AS "dead letters"', _OF_THIS_PLANT_OR_NONE),
            unit=COUNT,
            steps=NONE_WANTED,
        ),
    )


def _arrivals() -> tuple[Panel, ...]:
    return (
        lines(
            "Batches a minute, by stream",
            "Stored batches. A stream that falls to 0 is a gateway that is away, or a road that is cut.",
            (told(EntryKind.ARRIVAL, f'count("rows") {_PER_MINUTE} AS "batches"', PLANT, group=_BY_STREAM),),
            unit=PER_MINUTE,
            every="1m",
        ),
        lines(
            "Samples a minute, by stream",
            "Samples in stored batches; a peak after a dip is a gateway that sends what it had spooled.",
            (told(EntryKind.ARRIVAL, f'sum("rows") {_PER_MINUTE} AS "samples"', PLANT, group=_BY_STREAM),),
            unit=PER_MINUTE,
            every="1m",
        ),
        lines(
            "Sequence number, by metering point",
            "Highest seq of the batches that brought counters. It rises steadily; a new, lower line begins when a"
            " gateway has a new spool file.",
            (series(f'max("{SEQ}") AS "seq"', Policy.COUNTERS, 'time($__interval), "point" fill(none)'),),
            unit=COUNT,
            every="1m",
        ),
        table(
            "Last heard of, by stream",
            "Newest arrival of each stream of the plant, at most 90 days before the end of the range, with gateway,"
            " seq and configuration.",
            told(EntryKind.ARRIVAL, 'last("rows") AS "rows", "data"', PLANT, group='"source"', period=SEARCHED),
            transformations=json_columns("points", "stream"),
        ),
        table(
            "Last heard of, every plant",
            "Newest arrival of each plant, at most 90 days before the end of the range.",
            told(EntryKind.ARRIVAL, 'last("rows") AS "rows"', group='"plant"', period=SEARCHED),
        ),
    )


def _trouble() -> tuple[Panel, ...]:
    return (
        table(
            "Losses",
            "What gateways gave up, with point, period and reason, and what was too old to be kept.",
            newest_told(EntryKind.LOSS, PLANT, limit=200),
            transformations=json_columns(),
        ),
        table(
            "Dead letters",
            "Newest messages that could not be stored, of this plant and of none that is known, with topic and reason.",
            newest_told(EntryKind.DEAD_LETTER, _OF_THIS_PLANT_OR_NONE, limit=20),
            transformations=json_columns("payload_base64"),
        ),
    )


def _collector() -> tuple[Panel, ...]:
    return (
        table(
            "Events of the collector",
            "two_gateways: two gateways feed one metering point, which somebody has to put right; new_stream: a gateway"
            " began a new spool file; dead_letter_replayed: somebody replayed a dead letter.",
            newest_told(EntryKind.EVENT, PLANT, _OF_THE_COLLECTOR, limit=50),
            overrides=(Override("_ms$", INSTANT),),
            transformations=json_columns(),
        ),
        table(
            "The ledger has worked through",
            "Up to when every arrival of every plant is worked into intervals (through_ms), newest mark first. A mark"
            " that stays behind while batches arrive means that the ledger does not run or cannot keep up.",
            told(EntryKind.LEDGER_MARK, 'last("entry_id") AS "mark", "data"', period=SEARCHED, group='"source"'),
            overrides=(Override("_ms$", INSTANT),),
            transformations=json_columns("mark"),
        ),
    )
