"""Databases of 3.x, made by the HTTP interface of Core and Enterprise; Clustered and Dedicated have commands only."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from meterproof_core.errors import StoreError
from meterproof_store.influx.answers import message_of, query_error
from meterproof_store.influx.retention import FOR_GOOD
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.transport import Transport

_PATH = "/api/v3/configure/database"
_DONE = (200, 201, 204)
_S_PER_HOUR = 3600


class DatabaseKeeper:
    """Databases of 3.x, one a class, named so that InfluxQL finds them by database and retention policy.

    Parameters
    ----------
    transport : Transport
        To the server.
    base : str
        What the databases' names begin with.
    """

    def __init__(self, transport: Transport, base: str) -> None:
        self._transport = transport
        self._base = base

    def what(self, policy: Policy) -> str:
        """Return what the place of a class is called."""
        return f"database {self._base}/{policy}"

    def held(self) -> Mapping[Policy, int | None]:
        """Return the databases that there are; this generation does not say how long it keeps them."""
        answer = self._transport.request("GET", _PATH, params={"format": "json"}, headers=self._headers())
        try:
            rows = msgspec.json.decode(answer.body, type=list[dict[str, Any]]) if answer.status in _DONE else None
        except msgspec.DecodeError:
            rows = None
        if rows is None:
            raise self._by_hand(answer.status, answer.body)
        names = {str(value) for row in rows for value in row.values()}
        return dict.fromkeys(policy for policy in Policy if f"{self._base}/{policy}" in names)

    def make(self, policy: Policy, seconds: int) -> None:
        """Make a database."""
        asked = {"db": f"{self._base}/{policy}"}
        if seconds != FOR_GOOD:
            asked["retention_period"] = f"{seconds // _S_PER_HOUR}h"
        answer = self._transport.request("POST", _PATH, body=json.dumps(asked).encode(), headers=self._headers())
        if answer.status not in _DONE:
            raise self._by_hand(answer.status, answer.body)

    def lengthen(self, policy: Policy, seconds: int) -> None:
        """Refuse: not every server of this generation can, and none says how long it keeps a database."""
        raise StoreError(
            f"{self.what(policy)}: the retention of a database of 3.x is not changed from here; "
            f"{seconds // _S_PER_HOUR} h are wanted"
        )

    def map(self) -> Mapping[Policy, str]:
        """Do nothing: the names are the mapping."""
        return {}

    def unmapped(self) -> list[Policy]:
        """Return none."""
        return []

    def _headers(self) -> dict[str, str]:
        token = self._transport.account.token
        account = {} if token is None else {"Authorization": f"Bearer {token}"}
        return {"Content-Type": "application/json", **account}

    def _by_hand(self, status: int, body: bytes) -> StoreError:
        error = query_error(f"{self._transport.url}{_PATH}", status, message_of(body))
        makes = " and ".join(f"`influxdb3 create database {self._base}/{policy}`" for policy in Policy)
        return type(error)(f"{error}; make the databases yourself with {makes} (or influxctl), then set up again")
