"""A simulated plant in a real database, and what it truly counted: what the dashboards' queries are held against.

It runs over two ends of summer time (Europe on 2025-10-26, North America on 2025-11-02), and it has everything that
makes totals hard: spans across midnights and across both ends of the period, a hole that nobody explains, and intervals
that the ledger took away again.
"""

import math
from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, PlantGroup, SeriesKey
from meterproof_core.wire import Group

PLANT = "simulated-mill"
OTHER = "north-mill"
INTERVAL_MS = 900_000
DAY_MS = 86_400_000
MAIN, LINE, WATER, BOILER = "main-incomer", "line-1", "water-main", "boiler"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


START, END = ms("2025-10-24"), ms("2025-11-05")
TAKEN_AWAY = (ms("2025-11-01T00:00"), ms("2025-11-01T02:00"))
UNEXPLAINED = (ms("2025-10-30T10:00"), ms("2025-10-30T12:00"))
SPANS = {
    (ms("2025-10-23T20:00"), ms("2025-10-24T02:00")): 33.0,  # begins before the period
    (ms("2025-10-28T20:00"), ms("2025-10-29T04:00")): 77.0,  # whole within it
    (ms("2025-11-04T22:00"), ms("2025-11-05T06:00")): 55.0,  # ends after it
}
WHOLE_SPAN = 77.0
NOTHING_KNOWN = [TAKEN_AWAY, UNEXPLAINED, *SPANS]

_AMOUNTS = {
    (MAIN, "energy_import_kwh"): lambda i: 1.0 + (i % 7) * 0.5,
    (LINE, "energy_import_kwh"): lambda i: 0.25 + (i % 3) * 0.25,
    (LINE, "production_t"): lambda i: 0.125 * (i % 5),
    (WATER, "volume_m3"): lambda i: 0.25,
    (BOILER, "heat_kwh"): lambda i: 2.0,
    (BOILER, "mass_kg"): lambda i: 64.0,
}
COUNTERS = tuple(_AMOUNTS)


def truth(point: str, quantity: str) -> dict[int, float]:
    """Return what a counter counted in each interval that is known, by its start."""
    holes = NOTHING_KNOWN if point == MAIN else []
    found = {}
    for i, start in enumerate(range(START, END, INTERVAL_MS)):
        if not any(first <= start < last for first, last in holes):
            found[start] = _AMOUNTS[point, quantity](i)
    if quantity == "production_t":
        del found[START + 8 * INTERVAL_MS]  # production that was not noted, while energy was metered
    return found


def by_local_day(amounts: dict[int, float], zone: str) -> dict[str, float]:
    """Return the sum of what begins in each day of a zone, by the day's own date."""
    days = defaultdict(float)
    for start, amount in amounts.items():
        days[datetime.fromtimestamp(start / 1000, ZoneInfo(zone)).date().isoformat()] += amount
    return dict(days)


def quarters_by_local_day(zone: str) -> dict[str, int]:
    """Return how many quarter hours of the period lie in each day of a zone."""
    return {day: round(n) for day, n in by_local_day(dict.fromkeys(range(START, END, INTERVAL_MS), 1), zone).items()}


def seed(store) -> None:
    """Write the plant into a store by its ports, as collector and ledger do."""
    for point, quantity in COUNTERS:
        _write_intervals(store.intervals, SeriesKey(PLANT, point, quantity))
    store.readings.write(_readings())
    store.journal.append(_journal())


def _write_intervals(intervals, key: SeriesKey) -> None:
    rows = [(start, start + INTERVAL_MS, amount, False) for start, amount in truth(key.point, key.quantity).items()]
    if key.point == MAIN:
        given_up = [(t, t + INTERVAL_MS, 9.0, False) for t in range(*TAKEN_AWAY, INTERVAL_MS)]
        rows += given_up + [(*period, amount, True) for period, amount in SPANS.items()]
    intervals.replace(key, START - DAY_MS, END + DAY_MS, _columns(sorted(rows)))
    if key.point == MAIN:
        intervals.replace(key, *TAKEN_AWAY, _columns([]))


def _columns(rows) -> IntervalColumns:
    starts, ends, amounts, spans = zip(*rows, strict=True) if rows else ((), (), (), ())
    counts = [float(start // INTERVAL_MS) for start in starts]
    return IntervalColumns(starts, ends, amounts, counts, [count + 1 for count in counts], spans)


_SINCE = END - 2 * 3_600_000
_INSTANTS = [
    t for t in range(_SINCE, END, 60_000) if not _SINCE + 1_800_000 <= t < _SINCE + 4_200_000
]  # a gap of 40 min


def _readings() -> list[PlantGroup]:
    n = len(_INSTANTS)
    rising = [float(i) for i in range(n)]
    flags = [(3, 0, "uncertain", "clock"), (5, 1, "bad", "sentinel"), (7, 1, "missing", "no_answer")]
    power = [48.0 + 8 * math.sin(i / 9) for i in range(n)]
    main = Group(
        MAIN,
        ["energy_import_kwh", "power_active_kw"],
        _INSTANTS,
        [rising, [None if i == 7 else value for i, value in enumerate(power)]],
        {"energy_import_kwh": [int(value) * 1000 for value in rising]},
        flags,
    )
    line = Group(LINE, ["production_t"], _INSTANTS, [rising], {"production_t": rising})
    boiler = Group(
        BOILER,
        ["heat_kwh", "mass_kg"],
        _INSTANTS,
        [rising, rising],
        {"heat_kwh": [2**63 + int(value) for value in rising], "mass_kg": [[int(value), 5] for value in rising]},
    )
    configs = {MAIN: "c" * 32, LINE: "c" * 32, BOILER: "d" * 32}
    return [
        PlantGroup(PLANT, "gateway-1", "stream-1", 40 + place, configs[group.point], group)
        for place, group in enumerate((main, line, boiler))
    ]


def _journal() -> list[JournalEntry]:
    def entry(name, kind, at_ms, plant=PLANT, **data):
        return JournalEntry(name, kind, plant, at_ms, data)

    arrivals = [
        entry(
            f"arrival/{plant}/{stream}/{seq}",
            EntryKind.ARRIVAL,
            _SINCE + seq * 30_000,
            plant,
            gateway=gateway,
            stream=stream,
            seq=seq,
            config="c" * 32,
            points={MAIN: [0, 1, 10], LINE: [0, 1, 5]},
        )
        for plant, gateway, stream in (
            (PLANT, "gateway-1", "stream-1"),
            (PLANT, "gateway-2", "stream-2"),
            (OTHER, "g", "s"),
        )
        for seq in range(100)
    ]
    lost = [{"point": MAIN, "first_ms": _SINCE, "last_ms": _SINCE + 9, "samples": 12, "reason": "spool full"}] * 2
    at = END - 60_000
    return [
        *arrivals,
        entry("loss/1", EntryKind.LOSS, at, gateway="gateway-1", stream="stream-1", seq=9, v=1, lost=lost),
        entry(
            "dead-letter/1",
            EntryKind.DEAD_LETTER,
            at,
            topic="meterproof/v1/simulated-mill/g/readings",
            reason="no JSON",
            payload_base64="AA==",
        ),
        entry(
            "dead-letter/2",
            EntryKind.DEAD_LETTER,
            at,
            "",
            topic="meterproof/v1/x",
            reason="topic",
            payload_base64="AA==",
        ),
        entry("event/1", EntryKind.EVENT, at, point=MAIN, quantity="energy_import_kwh", code="gap", t_ms=_SINCE),
        entry("event/2", EntryKind.EVENT, at, point=LINE, quantity="production_t", code="reset", t_ms=_SINCE),
        entry("event/3", EntryKind.EVENT, at, point=MAIN, code="two_gateways", gateways=["a", "b"], t_ms=_SINCE),
        entry("config/1", EntryKind.CONFIG, at, gateway="gateway-1", v=1, config="c" * 32, points=[{"point": MAIN}]),
        entry("ledger-mark/1", EntryKind.LEDGER_MARK, at, "", through_ms=at),
    ]
