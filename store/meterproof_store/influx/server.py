"""Finds out what a server is, and so on which roads it is spoken to.

=========  ==========================  ===========================
server     writing                     reading
=========  ==========================  ===========================
1.6, 1.7   ``/write`` (urllib3)        ``/query``, InfluxQL
1.8        ``/api/v2/write`` (client)  ``/query``, InfluxQL
2.x        ``/api/v2/write`` (client)  ``/query``; needs a DBRP mapping
3.x        ``/api/v2/write`` (client)  ``/query``; a database a policy
=========  ==========================  ===========================

Whoever speaks ``/api/v2/write`` without saying what it is, such as VictoriaMetrics, is written to as a 1.8 is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from meterproof_core.errors import StoreAccessError, StoreError
from meterproof_store.influx.answers import message_of
from meterproof_store.influx.transport import Answer, Transport

_VERSION = re.compile(r"v?(\d+)\.(\d+)")
_FIRST_WITH_V2_WRITE = (1, 8)
_TURNED_AWAY = (401, 403)
_TOP = 3


class Generation(IntEnum):
    """The great version: each asks for another way to make and address a database."""

    ONE = 1
    TWO = 2
    THREE = 3


@dataclass(frozen=True, slots=True)
class Server:
    """What a server is.

    Parameters
    ----------
    generation : Generation
        Its great version.
    version, build : str
        As it says; empty when it does not.
    writes_v2 : bool
        Whether it is written to on ``/api/v2/write``.
    """

    generation: Generation
    version: str
    build: str
    writes_v2: bool

    def __str__(self) -> str:
        return f"InfluxDB {self.version or 'of unknown version'} {self.build}".rstrip()


def recognise(headers: Mapping[str, str]) -> Server:
    """Return what a server is from the headers of an answer.

    >>> str(recognise({"X-Influxdb-Version": "1.6.7~rc0", "X-Influxdb-Build": "OSS"}))
    'InfluxDB 1.6.7~rc0 OSS'
    """
    version, build = headers.get("X-Influxdb-Version", ""), headers.get("X-Influxdb-Build", "")
    found = _VERSION.match(version)
    if found is None:
        return Server(Generation.ONE, version, build, writes_v2=True)
    numbers = (int(found[1]), int(found[2]))
    generation = Generation(min(max(numbers[0], 1), _TOP))
    return Server(generation, version, build, writes_v2=numbers >= _FIRST_WITH_V2_WRITE)


def find_out(transport: Transport) -> Server:
    """Return what the server is.

    Raises
    ------
    StoreAccessError
        When it turns us away.
    StoreError
        When it cannot be reached or is in trouble.
    """
    answer = _checked(transport, transport.request("GET", "/ping"))
    if "X-Influxdb-Version" in answer.headers:
        return recognise(answer.headers)
    asked = transport.request("POST", "/query", params={"q": "SHOW DATABASES"})
    return recognise(asked.headers)


def _checked(transport: Transport, answer: Answer) -> Answer:
    where = f"{transport.url}: /ping"
    if answer.status in _TURNED_AWAY:
        raise StoreAccessError(
            f"{where} turned us away with {answer.status}: {message_of(answer.body)}; look at token, user and password"
        )
    if answer.status not in (200, 204):
        raise StoreError(f"{where} failed with {answer.status}: {message_of(answer.body)}; name an InfluxDB")
    return answer
