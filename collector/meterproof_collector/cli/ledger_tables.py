"""The ledger's answers as tables."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from meterproof_collector.cli.ledger_opening import Zone
from meterproof_collector.ledger.evidence import Explanation
from meterproof_collector.ledger.told_events import RECOUNT, WITHDRAWN
from meterproof_core.command_line import table_width
from meterproof_core.storage import JournalEntry

_LONGEST_DETAIL = 160
_UTC = Zone()


def show_table(table: Table) -> None:
    """Print a table as wide as the terminal, or as its cells are where it goes to a file or a pipe."""
    Console(width=table_width()).print(table)


def explanation_table(told: Iterable[Explanation], zone: Zone) -> Table:
    """Return a row for each interval."""
    table = _table("No.", "From", "To")
    table.add_column("Amount", justify="right")
    for title in ("What", "Reproduced", "Gateway"):
        table.add_column(title)
    for number, each in enumerate(told, 1):
        table.add_row(
            str(number),
            *_instants(zone, each.start_ms, each.end_ms),
            f"{each.amount:.6g} {each.unit}",
            "span" if each.is_span else "interval",
            "yes" if each.reproduced else "no",
            ", ".join(sorted({batch.gateway for batch in each.arrivals})),
        )
    return table


def event_table(entries: Iterable[JournalEntry], zone: Zone) -> Table:
    """Return a row for each decision."""
    table = _table("At", "Told")
    for title in ("Point", "Quantity", "Event", "Details"):
        table.add_column(title)
    for entry in entries:
        data = dict(entry.data)
        point, name, code = (str(data.pop(key, "")) for key in ("point", "quantity", "code"))
        at_ms = int(data.pop("t_ms", entry.at_ms))
        if code in (WITHDRAWN, RECOUNT):
            data.pop("withdraws", None)
        table.add_row(*_instants(zone, at_ms, entry.at_ms), point, name, code, _details(data))
    return table


def loss_table(entries: Iterable[JournalEntry], zone: Zone) -> Table:
    """Return a row for each range of samples that is lost."""
    table = _table("From", "To", "Told")
    table.add_column("Gateway")
    table.add_column("Point")
    table.add_column("Samples", justify="right")
    table.add_column("Reason")
    for entry in entries:
        for lost in entry.data["lost"]:
            instants = _instants(zone, lost["first_ms"], lost["last_ms"], entry.at_ms)
            gateway = str(entry.data["gateway"])
            table.add_row(*instants, gateway, lost["point"], f"{lost['samples']:,}", lost["reason"])
    return table


def journal_table(entries: Iterable[JournalEntry], zone: Zone) -> Table:
    """Return a row for each journal entry."""
    table = _table("Told")
    for title in ("Kind", "Plant", "Entry", "Details"):
        table.add_column(title)
    for entry in entries:
        table.add_row(*_instants(zone, entry.at_ms), str(entry.kind), entry.plant, entry.entry_id, _details(entry.data))
    return table


def _table(*titles: str) -> Table:
    table = Table()
    for title in titles:
        table.add_column(title, no_wrap=True)
    return table


def _instants(zone: Zone, *at_ms: int) -> list[str]:
    """Return instants in UTC, each with the local one below it where a zone was asked for."""
    return [_UTC.shown(each) if zone.is_utc else f"{_UTC.shown(each)}\n{zone.shown(each)}" for each in at_ms]


def _details(data: Mapping[str, Any]) -> str:
    text = msgspec.json.encode(data).decode()
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + "..."
