"""How each generation keeps a class of data for its own time: a retention policy, a bucket, a database."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from meterproof_core.errors import StoreAccessError, StoreError
from meterproof_store.influx.answers import message_of, query_error
from meterproof_store.influx.bucket_keeper import BucketKeeper
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
        return _DatabaseKeeper(link, settings.database)
    return _PolicyKeeper(link, settings.database)


class _NoMapping:
    """Where InfluxQL reads every place without further ado."""

    def map(self) -> Mapping[Policy, str]:
        """Do nothing."""
        return {}

    def unmapped(self) -> list[Policy]:
        """Return none."""
        return []


class _PolicyKeeper(_NoMapping):
    """Retention policies of one database of 1.x."""

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

    def _do(self, statement: str) -> None:
        self._link.asker.ask_all([statement], Policy.COUNTERS, _policy_type)


def _literal(seconds: int) -> str:
    return "INF" if seconds == FOR_GOOD else f"{seconds}s"


def _policy_type(column: str) -> type:
    return {"replicaN": int, "default": bool}.get(column, str)


class _DatabaseKeeper(_NoMapping):
    """Databases of 3.x, made by the HTTP interface of Core and Enterprise; Cloud and Clustered have commands only."""

    def __init__(self, link: Link, base: str) -> None:
        self._link = link
        self._base = base

    def what(self, policy: Policy) -> str:
        """Return what the place of a class is called."""
        return f"database {self._base}/{policy}"

    def held(self) -> Mapping[Policy, int | None]:
        """Return the databases that there are; this generation does not say how long it keeps them."""
        answer = self._link.transport.request("GET", "/api/v3/configure/database", params={"format": "json"})
        if answer.status != 200:
            raise self._by_hand(answer.status, answer.body)
        try:
            rows = msgspec.json.decode(answer.body, type=list[dict[str, Any]])
        except msgspec.DecodeError:
            raise self._by_hand(answer.status, answer.body) from None
        names = {str(value) for row in rows for value in row.values()}
        return {policy: None for policy in Policy if f"{self._base}/{policy}" in names}

    def make(self, policy: Policy, seconds: int) -> None:
        """Make a database."""
        asked: dict[str, str] = {"db": f"{self._base}/{policy}"}
        if seconds != FOR_GOOD:
            asked["retention_period"] = f"{seconds // 3600}h"
        body = json.dumps(asked).encode()
        answer = self._link.transport.request("POST", "/api/v3/configure/database", body=body)
        if answer.status not in (200, 201, 204):
            raise self._by_hand(answer.status, answer.body)

    def lengthen(self, policy: Policy, seconds: int) -> None:
        """Refuse: this generation is told by its own command."""
        raise StoreError(
            f"{self.what(policy)} is kept too short; run "
            f"`influxdb3 update database --database {self._base}/{policy} --retention-period {seconds // 3600}h`"
        )

    def _by_hand(self, status: int, body: bytes) -> StoreError:
        error = query_error(self._link.asker.where, status, message_of(body))
        makes = " and ".join(f"`influxdb3 create database {self._base}/{policy}`" for policy in Policy)
        return type(error)(f"{error}; make the databases yourself with {makes} (or influxctl), then set up again")
