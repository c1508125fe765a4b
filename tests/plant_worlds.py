"""Plants with a stored history, and a real server in front of them, for the tests of API and pages."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import uvicorn
from starlette.types import ASGIApp

from meterproof_api.gathering import Books, gather
from meterproof_api.plants import Plant, PointInfo, StreamInfo
from meterproof_api.statement import Statement, statement_of
from meterproof_api.stores import Stores
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings, interval_columns
from meterproof_core.storage import IntervalColumns, PlantGroup
from meterproof_core.wire import Group
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.plan import OptionRecord, Period
from meterproof_mv.dossier.vocabulary import OptionState, Technique

QUARTER_MS = 900_000
ENERGY = "energy_import_kwh"
OPTION = OptionRecord(
    id="opt-1",
    title="Variable-speed drive on the dust fan",
    technique=Technique.EQUIPMENT_MODIFICATION,
    cause="the fan was throttled",
    state=OptionState.MONITORED,
    start_up=date(2018, 3, 1),
    streams=("electricity",),
)
ELECTRICITY = StreamInfo(
    id="electricity",
    label="Electricity, whole works",
    carrier="electricity",
    point="main",
    quantity=ENERGY,
    drivers=("day_type",),
)
Row = tuple[int, int, float, float, float, bool]


def a_plant(**changes: object) -> Plant:
    """Return a plant of two months before and two after, changed where a test wants it."""
    values: dict[str, object] = {
        "id": "north-mill",
        "name": "North mill",
        "country": "KR",
        "sector": "Paper",
        "time_zone": "Asia/Seoul",
        "simulated": True,
        "origin": "Invented for a test.",
        "produces": True,
        "points": (PointInfo("main", "Main incomer"), PointInfo("boiler", "Boiler house")),
        "streams": (ELECTRICITY,),
        "baseline_period": Period(date(2018, 1, 1), date(2018, 3, 1)),
        "reporting_period": Period(date(2018, 3, 1), date(2018, 5, 1)),
    }
    return Plant(**{**values, **changes})  # type: ignore[arg-type]


def claimable_plant(**changes: object) -> Plant:
    """Return a plant that makes nothing (a cold store) and has an option linked."""
    return a_plant(**{"id": "cold-store", "name": "Cold store", "produces": False, "options": (OPTION,), **changes})


def midnight(day: date, zone: str = "Asia/Seoul") -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def quarter_hours(plant: Plant, *, cut: float = 0.0, noise: float = 0.04, seed: int = 7) -> list[Row]:
    """Return every quarter hour of a plant's two periods: a daily shape, weekends lower, `cut` saved afterwards."""
    begin = midnight(plant.baseline_period.start, plant.time_zone)
    change = midnight(plant.reporting_period.start, plant.time_zone)
    end = midnight(plant.reporting_period.end, plant.time_zone)
    start_ms = np.arange(begin, end, QUARTER_MS)
    day = (start_ms - begin) // 86_400_000
    weekend = np.array([(plant.baseline_period.start + timedelta(days=int(n))).weekday() >= 5 for n in day])
    shape = 20 + 15 * np.sin((start_ms - begin) % 86_400_000 / 86_400_000 * np.pi)
    daily = np.random.default_rng(seed).normal(1, noise, day.max() + 1)[day]
    energy = shape * daily * np.where(weekend, 0.4, 1.0) * np.where(start_ms >= change, 1 - cut, 1.0)
    register = np.concatenate([[0.0], np.cumsum(energy)]) * 1000
    columns = (start_ms, start_ms + QUARTER_MS, energy, register[:-1], register[1:])
    return [(*row, False) for row in zip(*(column.tolist() for column in columns), strict=True)]


def as_span(rows: Sequence[Row], first: int, end: int) -> list[Row]:
    """Return rows with those in [first, end) made one span, as a gap leaves it."""
    gone = rows[first:end]
    span = (gone[0][0], gone[-1][1], sum(row[2] for row in gone), gone[0][3], gone[-1][4], True)
    return [*rows[:first], span, *rows[end:]]


def columns_of(rows: Sequence[Row]) -> IntervalColumns:
    return interval_columns(rows)


def world(*histories: tuple[Plant, Sequence[Row]]) -> Stores:
    """Return stores that hold the main counter of some plants; readings every hour."""
    stores = Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    for plant, rows in histories:
        if not rows:
            continue
        key = plant.main.key(plant.id)
        stores.intervals.replace(key, rows[0][0], rows[-1][1], columns_of(rows))
        instants = [row[0] for row in rows[::4]]
        registers = [row[3] / 1000 for row in rows[::4]]
        group = Group(plant.main.point, [ENERGY, "power_active_kw"], instants, [registers, [87.25] * len(instants)])
        stores.readings.write([PlantGroup(plant.id, "gw-1", "s-1", 1, "c-1", group)])
    return stores


@contextmanager
def served(app: ASGIApp) -> Iterator[httpx.Client]:
    """Run an application behind a real socket on loopback and give a client to it."""
    # with the protocol named, asyncio turns Nagle's algorithm off; without it, every answer waits 40 ms for an ACK
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)  # from here on connections wait, so that nobody has to ask whether the server is up
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", loop="asyncio", http="h11")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(30)


def stated(plant: Plant, columns: IntervalColumns) -> Statement:
    """Return what the page of a plant says of its first stream when its counter has given intervals."""
    intervals = MemoryIntervals()
    if len(columns.start_ms):
        intervals.replace(plant.main.key(plant.id), columns.start_ms[0], columns.end_ms[-1], columns)
    return statement_of(plant, assess(gather(plant, Books(intervals, MemoryJournal()))))
