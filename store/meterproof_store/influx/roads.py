"""The two ways to hand a body of line protocol to a server; neither repeats anything by itself."""

from typing import Any, Protocol

import urllib3

from meterproof_core.errors import StoreError
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.server import Server
from meterproof_store.influx.transport import Answer, Transport, no_answer
from meterproof_store.settings import StoreSettings

_NO_TOKEN = "-"  # noqa: S105 an older server asks for none; the client wants a text


class WriteRoad(Protocol):
    """Hands a body to the server."""

    def post(self, policy: Policy, body: bytes, precision: str) -> Answer:
        """Return the server's answer to a body.

        Parameters
        ----------
        policy : Policy
            Where it belongs.
        body : bytes
            Lines.
        precision : str
            Unit of the lines' instants, ``ms`` or ``ns``.

        Raises
        ------
        StoreInDoubtError
            When it was sent and there is no answer: nobody knows whether it is stored, or will be.
        StoreError
            When it could not be sent.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class FirstRoad:
    """``/write`` of 1.x, with urllib3."""

    def __init__(self, transport: Transport, database: str) -> None:
        self._transport = transport
        self._database = database

    def post(self, policy: Policy, body: bytes, precision: str) -> Answer:
        """Return the server's answer to a body (`WriteRoad`)."""
        params = {"db": self._database, "rp": policy.value, "precision": precision}
        return self._transport.request("POST", "/write", params=params, body=body, writes=True)

    def close(self) -> None:
        """Do nothing: the transport is somebody else's."""


class SecondRoad:
    """``/api/v2/write`` of 1.8 and later, through influxdb-client, synchronously and with its retries off."""

    def __init__(self, transport: Transport, settings: StoreSettings) -> None:
        # Loading the client takes half a second: who never takes this road does not wait for it.
        from influxdb_client.client.influxdb_client import InfluxDBClient
        from influxdb_client.client.write_api import SYNCHRONOUS
        from influxdb_client.rest import ApiException

        self._refusal = ApiException
        self._url = transport.url
        self._database = settings.database
        self._client: Any = InfluxDBClient(
            url=transport.url,
            token=transport.account.as_token or _NO_TOKEN,
            org=settings.org,
            timeout=int(settings.timeout_s * 1000),
            retries=False,
            ssl_ca_cert=settings.ca_file,
            connection_pool_maxsize=8,
        )
        self._api: Any = self._client.write_api(write_options=SYNCHRONOUS)  # its types know no plain precision

    def post(self, policy: Policy, body: bytes, precision: str) -> Answer:
        """Return the server's answer to a body (`WriteRoad`)."""
        try:
            self._api.write(bucket=f"{self._database}/{policy}", record=body, write_precision=precision)
        except self._refusal as error:
            if not error.status:
                raise StoreError(f"{self._url}: POST /api/v2/write failed: {error.reason}") from error
            return Answer(error.status, error.headers or {}, (error.body or "").encode())
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise no_answer(f"{self._url}: POST /api/v2/write", error, writes=True) from error
        return Answer(204, {}, b"")

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()


def road_to(server: Server, transport: Transport, settings: StoreSettings) -> WriteRoad:
    """Return the road on which a server is written to."""
    return SecondRoad(transport, settings) if server.writes_v2 else FirstRoad(transport, settings.database)
