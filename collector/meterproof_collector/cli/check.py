"""``check``: what is wrong with the settings, before anything runs."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from meterproof_collector.cli.opening import broker_access, ledger_doubts, opened_store, store_name
from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_collector.settings import CollectorSettings, load_settings
from meterproof_core.command_line import FAILED_IN_THE_WORLD, clear_errors, complain
from meterproof_core.errors import MeterproofError, StoreBusyError
from meterproof_core.storage import EntryKind

_CONNECT_S = 15.0
_LOOK_S = 0.05


def check(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The collector's settings.")],
    connect: Annotated[bool, typer.Option("--connect", help="Also ask the broker and the store.")] = False,
) -> None:
    """Check the settings and show what they mean; opens no socket unless told to.

    With --connect it takes the collector's place at a broker that takes the account for the client id, as the broker of
    deploy/mosquitto does: then stop the collector first, or ask with an account of your own.

    For example:

        meterproof-collector check collector.toml

        meterproof-collector check collector.toml --connect
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    with clear_errors():
        chosen = load_settings(settings)
        for name, value in _shown(chosen).items():
            typer.echo(f"{name:<8} {value}")
        for doubt in [*broker_access(chosen).doubts(datetime.now(UTC)), *ledger_doubts(chosen)]:
            typer.echo(f"warning: {doubt}", err=True)
        if connect and not all(
            [_asked("broker", lambda: _ask_broker(chosen)), _asked("store", lambda: _ask_store(chosen))]
        ):
            raise SystemExit(FAILED_IN_THE_WORLD)


def _shown(settings: CollectorSettings) -> dict[str, str]:
    broker, ledger, health = settings.broker, settings.ledger, settings.health
    return {
        "name": settings.name,
        "broker": f"{broker.url}, {broker.user or 'no account'}, share {broker.share_group or 'none'}",
        "store": store_name(settings),
        "ledger": f"part {ledger.part} of {ledger.parts}" if ledger.enabled else "kept elsewhere",
        "health": f"http://{health.host}:{health.port}" if health.enabled else "off",
        "plants": "all" if settings.plants.known is None else ", ".join(settings.plants.known),
    }


def _asked(what: str, ask: Callable[[], str]) -> bool:
    try:
        typer.echo(f"{what:<8} {ask()}")
    except MeterproofError as error:
        complain(error)
        return False
    return True


def _ask_broker(settings: CollectorSettings) -> str:
    """Connect and subscribe beside whoever runs, taking no message away from anybody.

    Raises
    ------
    MeterproofError
        When that does not succeed in time.
    """
    access = broker_access(settings)
    name = f"meterproof-collector-{settings.name}-check-{os.getpid()}"
    source = PahoSource(access.address, name, account=access.account, tls=access.tls, receive_maximum=1)
    source.start(lambda _message: None)
    tick = threading.Event()
    try:
        for _ in range(round(_CONNECT_S / _LOOK_S)):
            if source.connected:
                return "lets us in and takes the subscription"
            tick.wait(_LOOK_S)
    finally:
        source.stop()
    raise MeterproofError(f"broker {settings.broker.url} has not let us in within {_CONNECT_S:.0f} s")


def _ask_store(settings: CollectorSettings) -> str:
    try:
        store = opened_store(settings, writer=f"{settings.name}-check")
    except StoreBusyError as error:
        return f"is in use: {error}"
    try:
        store.journal.read([EntryKind.ARRIVAL], limit=1)
    finally:
        store.close()
    return "answers"
