"""How each generation keeps a class of data for its own time: a retention policy, a bucket, a database."""

from collections.abc import Mapping
from typing import Protocol

from meterproof_core.errors import StoreAccessError
from meterproof_store.influx.bucket_keeper import BucketKeeper
from meterproof_store.influx.database_keeper import DatabaseKeeper
from meterproof_store.influx.influxql import name
from meterproof_store.influx.opening import Link
from meterproof_store.influx.retention import FOR_GOOD, parse_duration
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.server import Generation
from meterproof_store.settings import StoreSettings

__all__ = ["FOR_GOOD", "Keeper", "keeper_of"]


class Keeper(Protocol):
    """Looks after the places in which the classes are kept."""

    def what(self, policy: Policy) -> str:
        """Return what the place of a class is called."""
        ...

    def held(self) -> Mapping[Policy, int | None]:
        """Return how long each place that there is keeps its data [s]: `FOR_GOOD`, or None when it does not say."""
        ...

    def make(self, policy: Policy, seconds: int) -> None:
        """Make a place that is not there."""
        ...

    def lengthen(self, policy: Policy, seconds: int) -> None:
        """Let a place keep its data longer."""
        ...

    def map(self) -> Mapping[Policy, str]:
        """Make the places readable by InfluxQL where that is a thing of its own; return what was done for each."""
        ...

    def unmapped(self) -> list[Policy]:
        """Return the places that InfluxQL cannot read."""
        ...


def keeper_of(link: Link, settings: StoreSettings) -> Keeper:
    """Return what looks after the places on a server."""
    if link.server.generation is Generation.TWO:
        return BucketKeeper(link.transport, settings)
    if link.server.generation is Generation.THREE:
        return DatabaseKeeper(link.transport, settings.database)
    return _PolicyKeeper(link, settings.database)


class _PolicyKeeper:
    """Retention policies of one database of 1.x; InfluxQL reads them without further ado."""

    def __init__(self, link: Link, database: str) -> None:
        self._link = link
        self._database = database

    def what(self, policy: Policy) -> str:
        """Return what the place of a class is called."""
        return f"retention policy {self._database}.{policy}"

    def held(self) -> Mapping[Policy, int | None]:
        """Return how long each place keeps its data [s]."""
        try:
            asked = [f"SHOW RETENTION POLICIES ON {name(self._database)}"]
            answers = self._link.asker.ask_all(asked, Policy.COUNTERS, _policy_type)
        except StoreAccessError as error:
            if "database not found" in str(error):
                return {}
            raise
        rows = [dict(zip(series.columns, row, strict=True)) for series in answers for row in series.rows]
        return {Policy(row["name"]): parse_duration(row["duration"]) for row in rows if row["name"] in set(Policy)}

    def make(self, policy: Policy, seconds: int) -> None:
        """Make a retention policy, and the database when there is none."""
        self._do(f"CREATE DATABASE {name(self._database)}")
        default = " DEFAULT" if policy is Policy.COUNTERS else ""
        shards = "28d" if seconds == FOR_GOOD else "7d"
        self._do(
            f"CREATE RETENTION POLICY {name(policy)} ON {name(self._database)} DURATION {_literal(seconds)}"
            f" REPLICATION 1 SHARD DURATION {shards}{default}"
        )

    def lengthen(self, policy: Policy, seconds: int) -> None:
        """Let a retention policy keep its data longer."""
        self._do(f"ALTER RETENTION POLICY {name(policy)} ON {name(self._database)} DURATION {_literal(seconds)}")

    def map(self) -> Mapping[Policy, str]:
        """Do nothing."""
        return {}

    def unmapped(self) -> list[Policy]:
        """Return none."""
        return []

    def _do(self, statement: str) -> None:
        self._link.asker.ask_all([statement], Policy.COUNTERS, _policy_type)


def _literal(seconds: int) -> str:
    return "INF" if seconds == FOR_GOOD else f"{seconds}s"


def _policy_type(column: str) -> type:
    return {"replicaN": int, "default": bool}.get(column, str)
