"""What every command of ``meterproof import`` does with a file and a store once its options are understood."""

import getpass
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from meterproof.archive_progress import Progress
from meterproof.cli_import_report import plan_object, print_plan
from meterproof.store_choice import StoreChoice
from meterproof_api.importing.kinds import Layout
from meterproof_api.importing.planning import ImportPlan, Ports, plan_import
from meterproof_api.importing.reading import read_file
from meterproof_api.importing.writing import Doing, carry_out
from meterproof_api.stores import Stores
from meterproof_core.command_line import FAILED_IN_THE_WORLD, WRONG_SETTINGS, complain, keep_files_private, print_json
from meterproof_core.errors import DataError, MeterproofError, SettingsError
from meterproof_core.faults import faults_of
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind
from meterproof_mv.errors import MvError

_LONG = 5_000  # rows from which on a bar shows how far it is


@dataclass(frozen=True, slots=True)
class Work:
    """What a command was told besides the layout of the file.

    Parameters
    ----------
    file : Path
        What is imported.
    choice : StoreChoice
        Where to.
    dry_run, replace, as_json : bool
        As the options say.
    user : str or None
        Who; None is the account's name.
    """

    file: Path
    choice: StoreChoice
    dry_run: bool
    replace: bool
    as_json: bool
    user: str | None


def do_import(layout: Layout, work: Work) -> None:
    """Read a file, show what it would change, and take it in when that is wanted and accepted."""
    keep_files_private()
    parsed = read_file(work.file, layout)
    with opened(work.choice, dry_run=work.dry_run) as store:
        plan = plan_import(parsed, store, at_ms=now_ms())
        known = _is_known(layout.plant, store)
        accepted = not plan.refusals(replace=work.replace)
        done = _carried_out(plan, store, work) if accepted and not work.dry_run else ""
    _tell(plan, work, done)
    if accepted and not known:
        typer.echo(f"note: nothing was stored of plant {layout.plant!r} before; --plants FILE checks its id", err=True)
    if not accepted:
        raise typer.Exit(WRONG_SETTINGS)


def _is_known(plant: str, store: Ports) -> bool:
    """Return whether the store holds anything of a plant: a mistyped id is new."""
    journal = store.journal.read([EntryKind.IMPORT, EntryKind.CONFIG], plant, limit=1)
    return bool(journal or store.readings.extents(plant) or store.intervals.series(plant))


def _carried_out(plan: ImportPlan, store: Ports, work: Work) -> str:
    rows = sum(one.rows for one in plan.series if not one.is_held)
    with Progress("import", quiet=work.as_json or rows < _LONG) as progress:
        progress.expect(rows)
        doing = Doing(who(work.user), replace=work.replace, faults=faults_of(os.environ), tick=progress.tick)
        return carry_out(plan, store, doing)


def _tell(plan: ImportPlan, work: Work, entry_id: str) -> None:
    refusals = plan.refusals(replace=work.replace)
    if work.as_json:
        print_json(plan_object(plan, replace=work.replace, dry_run=work.dry_run, entry_id=entry_id))
        return
    print_plan(plan, months=work.dry_run)
    for refusal in refusals:
        complain(f"{work.file}: {refusal}")
    if refusals:
        complain(f"{work.file}: nothing was written")
    elif plan.changes_nothing:
        typer.echo("nothing to do: the store holds all of it")
    elif work.dry_run:
        typer.echo("dry run: nothing was written")
    else:
        typer.echo(f"imported: {entry_id}")


@contextmanager
def opened(choice: StoreChoice, *, dry_run: bool = True) -> Iterator[Ports]:
    """Open a store; a dry run on a folder without one looks at an empty store, and makes none."""
    duckdb = choice.settings.duckdb
    if dry_run and choice.data is not None and duckdb is not None and not Path(duckdb).exists():
        yield Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
        return
    store = choice.open(new=not dry_run)
    try:
        yield store
    finally:
        store.close()


def who(user: str | None) -> str:
    """Return who does it: the name given, or that of the account."""
    if user is not None:
        return user
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def now_ms() -> int:
    """Return the time [ms since 1970-01-01 UTC]."""
    return time.time_ns() // 1_000_000


@contextmanager
def told_errors() -> Iterator[None]:
    """Tell what went wrong; exit code 2 when the file or the call is not accepted, 1 when a store failed."""
    try:
        yield
    except (SettingsError, DataError, MvError) as error:
        complain(error)
        raise typer.Exit(WRONG_SETTINGS) from None
    except MeterproofError as error:
        complain(error)
        raise typer.Exit(FAILED_IN_THE_WORLD) from None
