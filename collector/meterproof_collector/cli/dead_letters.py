"""``dead-letters``: what could not be stored, listed, shown, and taken in again."""

import base64
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from meterproof_collector.cli.opening import opened_store, store_settings
from meterproof_collector.road.dead_letters import DeadLetter, find, listed, replay
from meterproof_collector.road.road import Road
from meterproof_collector.settings import load_settings
from meterproof_core.clock import SystemClock
from meterproof_core.command_line import clear_errors, print_json
from meterproof_core.errors import DataError, SettingsError
from meterproof_core.faults import NoFaults
from meterproof_core.storage import Journal
from meterproof_store.opened import OpenStore, open_store
from meterproof_store.remote import RemoteStore, opened_or_remote
from meterproof_store.settings import StoreSettings

app = typer.Typer(no_args_is_help=True, help="Messages that could not be stored: list, show and replay them.")

Settings = Annotated[Path | None, typer.Option(metavar="SETTINGS.toml", help="The collector's settings.")]
DuckDb = Annotated[Path | None, typer.Option("--duckdb", metavar="FILE", help="A DuckDB store, without settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Plant = Annotated[str | None, typer.Option(help="Of one plant; '' for those whose plant is not known.")]
Since = Annotated[str | None, typer.Option(help="Written since, in ISO 8601; UTC unless it says otherwise.")]

Limit = Annotated[int, typer.Option(min=1, help="The newest so many.")]

_LONGEST_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where dead letters are read, and what takes one in again."""

    journal: Journal
    replay: Callable[[DeadLetter], Mapping[str, Any]]


@app.command("list")
def list_(
    *,
    settings: Settings = None,
    duckdb: DuckDb = None,
    plant: Plant = None,
    since: Since = None,
    limit: Limit = 1000,
    every: Annotated[bool, typer.Option("--all", help="Also those that a replay has taken care of.")] = False,
    json: Json = False,
) -> None:
    """List dead letters, oldest first.

    For example:

        meterproof-collector dead-letters list --settings collector.toml --since 2026-11-01

        meterproof-collector dead-letters list --duckdb DIR/meterproof.duckdb
    """
    with clear_errors(), _desk(_place(settings, duckdb)) as desk:
        found = listed(desk.journal, plant=plant, since_ms=_ms(since), limit=limit)
        letters = [one for one in found if every or one.is_open]
        if json:
            print_json([letter.as_data() for letter in letters])
            return
        for letter in letters:
            typer.echo(_line(letter))
        typer.echo(f"{len(letters)} dead letters", err=True)


@app.command()
def show(
    letter: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    *,
    settings: Settings = None,
    duckdb: DuckDb = None,
    json: Json = False,
) -> None:
    """Show a dead letter with its payload.

    For example:

        meterproof-collector dead-letters show 3f9a2c --settings collector.toml
    """
    with clear_errors(), _desk(_place(settings, duckdb)) as desk:
        found = find(desk.journal, letter)
        payload = base64.b64decode(found.entry.data["payload_base64"]).decode("utf-8", "backslashreplace")
        if json:
            print_json({**found.as_data(), "payload": payload})
            return
        for name, value in found.as_data().items():
            typer.echo(f"{name:<10} {value}")
        typer.echo(payload[:_LONGEST_SHOWN] + (" ..." if len(payload) > _LONGEST_SHOWN else ""))


@app.command("replay")
def replay_(
    letters: Annotated[list[str] | None, typer.Argument(help="Ids, or their beginnings.")] = None,
    *,
    settings: Settings = None,
    duckdb: DuckDb = None,
    every: Annotated[bool, typer.Option("--all", help="All that no replay has taken care of.")] = False,
    plant: Plant = None,
    since: Since = None,
    limit: Limit = 1000,
    json: Json = False,
) -> None:
    """Take dead letters in again, by the same road as what a broker delivers, and say what became of them.

    What is still refused stays a dead letter. Exit code 1 when any is.

    For example:

        meterproof-collector dead-letters replay --all --plant north-mill --settings collector.toml
    """
    with clear_errors(), _desk(_place(settings, duckdb)) as desk:
        chosen = [find(desk.journal, letter) for letter in letters or ()]
        if every:
            found = listed(desk.journal, plant=plant, since_ms=_ms(since), limit=limit)
            chosen += [one for one in found if one.is_open]
        if not letters and not every:
            raise SettingsError("no dead letter is named; give ids, or --all")
        done = [_replayed(desk, letter) for letter in chosen]
    if json:
        print_json(done)
    for told in done if not json else ():
        typer.echo(f"{told['letter']}  {told['result']}  {told['reason']}".rstrip())
    if any(told["result"] == "refused" for told in done):
        raise typer.Exit(1)


def _replayed(desk: _Desk, letter: DeadLetter) -> Mapping[str, Any]:
    try:
        return desk.replay(letter)
    except DataError as error:
        return {"letter": letter.entry.entry_id, "result": "refused", "reason": str(error)}


@dataclass(frozen=True, slots=True)
class _Place:
    """Which store is meant, how it is opened, and whose messages are taken; None takes all."""

    table: StoreSettings
    open: Callable[[], OpenStore]
    known_plants: Collection[str] | None = None


def _place(settings: Path | None, duckdb: Path | None) -> _Place:
    if settings is not None and duckdb is None:
        chosen = load_settings(settings)
        writer = f"{chosen.name}-replay-{os.getpid()}"
        return _Place(store_settings(chosen), lambda: opened_store(chosen, writer=writer), chosen.plants.known)
    if duckdb is None or settings is not None:
        raise SettingsError("which store is meant? give either --settings SETTINGS.toml or --duckdb FILE")
    if not duckdb.exists():
        raise SettingsError(f"{duckdb}: there is no such file; name the DuckDB file of a store")
    table = StoreSettings(duckdb=str(duckdb))
    return _Place(table, lambda: open_store(table))


@contextmanager
def _desk(place: _Place) -> Iterator[_Desk]:
    """Yield the store itself; or the server that holds the embedded one, which then replays too."""
    with ExitStack() as stack:
        store = opened_or_remote(place.table, place.open)
        stack.callback(store.close)
        if isinstance(store, RemoteStore):
            yield _Desk(store.journal, _replayed_there(store))
            return
        now_ms = SystemClock().now_ms
        road = Road(store.readings, store.journal, now_ms=now_ms, faults=NoFaults(), known_plants=place.known_plants)
        yield _Desk(store.journal, lambda letter: replay(store.journal, letter, road.process, now_ms()).as_data())


def _replayed_there(remote: RemoteStore) -> Callable[[DeadLetter], Mapping[str, Any]]:
    return lambda letter: remote.replay(letter.entry.entry_id)


def _line(letter: DeadLetter) -> str:
    data, entry = letter.entry.data, letter.entry
    at = datetime.fromtimestamp(entry.at_ms / 1000, UTC)
    state = "" if letter.is_open else f"  [{letter.replays[-1]}]"
    name = entry.entry_id.removeprefix("dead-letter/")[:12]
    return f"{name}  {at:%Y-%m-%d %H:%M:%S}  {data['topic']}  {data['reason']}{state}"


def _ms(since: str | None) -> int:
    if since is None:
        return 0
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        raise SettingsError(f"--since {since!r} is no date; use 2026-11-22 or 2026-11-22T14:30") from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
