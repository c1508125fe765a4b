"""Puts together the door that a server opens to the store it holds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from meterproof_store.archive import Occasion, Ports, archive_chunks
from meterproof_store.remote.door import StoreDoor
from meterproof_store.retention import GAUGE_DAYS, RetentionRule, retain


def make_door(
    ports: Ports,
    source: str,
    now_ms: Callable[[], int],
    *,
    gauge_days: int = GAUGE_DAYS,
    replay: Callable[[str], Mapping[str, Any]] | None = None,
) -> StoreDoor:
    """Return the door to a store.

    Parameters
    ----------
    ports : Ports
        Of the store that the server holds.
    source : str
        The store, as people call it; archives name it.
    now_ms : callable
        Returns the time [ms since 1970-01-01 UTC].
    gauge_days : int
        How long gauges are kept [d].
    replay : callable, optional
        Takes the id of a dead letter and brings it in again; returns what became of it, as JSON-able values.
    """

    def backup() -> Iterator[bytes]:
        return archive_chunks(ports, Occasion(now_ms(), source))

    def retained(apply: bool) -> Mapping[str, Any]:  # noqa: FBT001 - the only thing it is told
        rule = RetentionRule(now_ms(), gauge_days)
        return asdict(retain(ports.readings, ports.journal, rule, apply=apply))

    return StoreDoor(ports.readings, ports.intervals, ports.journal, backup, retained, replay)
