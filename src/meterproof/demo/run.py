"""Puts the demonstration together and runs it: server, a gateway a plant, time-lapse, statements, result."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from meterproof.demo.gateway import Gateway, opened_gateway
from meterproof.demo.outcome import Outcome, Played, outcome
from meterproof.demo.plants import demo_plants
from meterproof.demo.progress import Progress
from meterproof.demo.records import import_records
from meterproof.demo.settings import HISTORY_FOLDER, DemoSettings
from meterproof.demo.statements import DemoStatement, issue_statements
from meterproof.local_server import LocalServer, ServerSettings
from meterproof.local_store import STATEMENTS_FOLDER
from meterproof_api.gathering import Books
from meterproof_core.clock import SystemClock
from meterproof_core.faults import FaultPoints

_LIVE_PAUSE_S = 1.0
"""Pause between two polls once the years are over: minutes of the plants' time pass in a second."""


async def run_demo(
    settings: DemoSettings,
    faults: FaultPoints,
    *,
    show: Callable[[Outcome], None],
    quiet: bool = False,
    keep_serving: bool = False,
) -> Outcome:
    """Play each plant's year and return what the server's own API says of it.

    Parameters
    ----------
    settings : DemoSettings
        What is played, and where.
    faults : FaultPoints
        For kill tests.
    show : callable
        Shows the outcome to the user.
    quiet : bool
        Whether to leave the progress bars out.
    keep_serving : bool
        Whether to go on polling, one poll a second, until cancelled.

    Raises
    ------
    MeterproofError
        When something cannot be used or does not follow.
    """
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        server = stack.enter_context(LocalServer(_server_settings(settings), faults))
        gateways, played = [], []
        with Progress(quiet=quiet) as progress:
            for plant in settings.plants:
                gateway = await stack.enter_async_context(opened_gateway(plant, settings, server, faults))
                gateways.append(gateway)
                played.append(await _played(gateway, settings, server, progress))
            progress.say("history, bills and other records are imported, statements issued")
            statements = await asyncio.to_thread(_imported_and_issued, settings, faults)
        result = await asyncio.to_thread(outcome, server.url, played, statements)
        result = result.after(time.monotonic() - started)
        show(result)
        if keep_serving:
            await _live(gateways)
        return result


def _server_settings(settings: DemoSettings) -> ServerSettings:
    return ServerSettings(
        settings.data,
        demo_plants(),
        port=settings.port,
        broker_url=settings.broker_url,
        influx=settings.influx,
    )


async def _played(gateway: Gateway, settings: DemoSettings, server: LocalServer, progress: Progress) -> Played:
    plant, days = gateway.plant, settings.days
    end_ms = plant.end_ms(days)
    samples = await gateway.play_until(end_ms, server, progress.bar(plant, days))
    return Played(
        plant=plant,
        days=days,
        readings_polled=samples,
        simulated=tuple(float(gateway.simulated_amount(counter, plant.start_ms, end_ms)) for counter in plant.counters),
        resumed=gateway.polled_ms > 0,
    )


def _imported_and_issued(settings: DemoSettings, faults: FaultPoints) -> tuple[DemoStatement, ...]:
    """Go the road of the commands that a user gives beside a running server: through its door to the store."""
    clock = SystemClock()
    store = settings.opened_store()
    try:
        import_records(store, settings.data / HISTORY_FOLDER, now_ms=clock.now_ms(), faults=faults)
        return issue_statements(
            Books(store.intervals, store.journal),
            demo_plants(),
            settings.data / STATEMENTS_FOLDER,
            issued_at=datetime.fromtimestamp(clock.now_ms() / 1000, UTC),
        )
    finally:
        store.close()


async def _live(gateways: Sequence[Gateway]) -> None:
    """Go on polling until cancelled, one poll of every plant after every pause."""
    while True:
        await asyncio.sleep(_LIVE_PAUSE_S)
        for gateway in gateways:
            await gateway.poll_once()
