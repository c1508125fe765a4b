"""Asks InfluxQL and gives typed rows: what a column is, the question says, not the answer.

JSON has one kind of number, so an answer's `1` may be a float. Each column is decoded as the type that its field has
in our layout; an answer that does not fit it is an error that names the column, never a guess.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec
import urllib3

from meterproof_core.errors import StoreError
from meterproof_store.influx.answers import message_of, query_error
from meterproof_store.influx.influxql import name
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.server import Generation, Server
from meterproof_store.influx.transport import Transport

_CHUNK_ROWS = 10_000
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_READ_BYTES = 1 << 20
_LONGEST_LINE = 512 * 1024 * 1024
"""A chunk of 10,000 rows is never longer; whatever sends more is no answer to us [bytes]."""


class _RawSeries(msgspec.Struct):
    columns: list[str]
    values: msgspec.Raw = msgspec.Raw(b"[]")
    tags: dict[str, str] = {}


class _Result(msgspec.Struct):
    statement_id: int = 0
    series: list[_RawSeries] = []
    error: str | None = None


class _Chunk(msgspec.Struct):
    results: list[_Result] = []
    error: str | None = None


_MINUS_ZERO = re.compile(rb"[\[,]-0[],]")
_CHUNKS = msgspec.json.Decoder(_Chunk)


@dataclass(frozen=True, slots=True)
class Series:
    """Rows of one series of an answer, or a part of them.

    Parameters
    ----------
    statement : int
        Which of the asked statements it answers, from 0.
    tags : mapping
        By which the statement groups.
    columns : list of str
        ``time`` and the fields.
    rows : list of tuple
        A row has one entry a column; None where there is nothing.
    """

    statement: int
    tags: Mapping[str, str]
    columns: list[str]
    rows: list[tuple[Any, ...]] = field(default_factory=list)


TypeOf = Callable[[str], type]
"""Gives a column's type by its name."""


class Asker:
    """Asks one database.

    Parameters
    ----------
    transport : Transport
        To the server.
    server : Server
        What it is.
    database : str
        The base name.
    """

    def __init__(self, transport: Transport, server: Server, database: str) -> None:
        self._transport = transport
        self._server = server
        self._database = database
        self.where = f"{transport.url}/{database}"

    def source(self, policy: Policy, measurement: str) -> str:
        """Return what a statement selects from; a database of 3.x holds one policy only."""
        if self._server.generation is Generation.THREE:
            return name(measurement)
        return f"{name(policy)}.{name(measurement)}"

    def ask(self, statements: Sequence[str], policy: Policy, type_of: TypeOf, *, epoch: str = "ms") -> Iterator[Series]:
        """Yield the answers to statements, in parts that fit into memory.

        Parameters
        ----------
        statements : sequence of str
            In InfluxQL; names and texts are quoted.
        policy : Policy
            Of which they select.
        type_of : callable
            Gives a column's type by its name; ``time`` is a number.
        epoch : str
            Unit of the instants, ``ms`` or ``ns``.

        Raises
        ------
        StoreAccessError
            When the server turns us away, or the database is not there.
        StoreError
            When the server fails or cannot be reached, or the answer is not what was asked for.
        """
        params = {"db": self._database, "epoch": epoch, "chunked": "true", "chunk_size": str(_CHUNK_ROWS)}
        if self._server.generation is Generation.THREE:
            params["rp"] = policy.value
        form = urlencode({"q": "; ".join(statements)}).encode()
        with self._transport.opened("POST", "/query", params=params, body=form, headers=_FORM) as response:
            if response.status != 200:
                raise query_error(self.where, response.status, message_of(response.data))
            for line in _lines(response, self.where):
                yield from self._series(line, type_of)

    def ask_all(self, statements: Sequence[str], policy: Policy, type_of: TypeOf, *, epoch: str = "ms") -> list[Series]:
        """Return the answers to statements at once. Parameters and errors as of `ask`."""
        return list(self.ask(statements, policy, type_of, epoch=epoch))

    def _series(self, line: bytes, type_of: TypeOf) -> Iterator[Series]:
        try:
            chunk = _CHUNKS.decode(line)
        except msgspec.DecodeError as error:
            raise StoreError(f"{self.where}: the answer is not InfluxDB's ({error})") from error
        for error_text in (chunk.error, *(result.error for result in chunk.results)):
            if error_text is not None:
                raise query_error(self.where, 200, error_text)
        for result in chunk.results:
            for series in result.series:
                yield Series(result.statement_id, series.tags, series.columns, self._rows(series, type_of))

    def _rows(self, series: _RawSeries, type_of: TypeOf) -> list[tuple[Any, ...]]:
        types = tuple(int if column == "time" else type_of(column) for column in series.columns)
        try:
            if _MINUS_ZERO.search(series.values):
                return _slowly_decoded(series.values, types)
            return _decoder(types).decode(series.values)
        except msgspec.ValidationError as error:
            columns = ", ".join(series.columns)
            raise StoreError(f"{self.where}: a column of {columns} has another type than ours: {error}") from error


@lru_cache(maxsize=256)
def _rows_type(types: tuple[type, ...]) -> Any:  # noqa: ANN401 a type made at run time
    row: Any = tuple.__class_getitem__(tuple(type_ | None for type_ in types))
    return list[row]


@lru_cache(maxsize=256)
def _decoder(types: tuple[type, ...]) -> "msgspec.json.Decoder[list[tuple[Any, ...]]]":
    return msgspec.json.Decoder(_rows_type(types))


def _slowly_decoded(values: msgspec.Raw, types: tuple[type, ...]) -> list[tuple[Any, ...]]:
    """Return rows among which there is a -0: JSON's whole number without a sign, unless somebody keeps it."""
    rows = json.loads(bytes(values), parse_int=lambda digits: -0.0 if digits == "-0" else int(digits))
    return msgspec.convert(rows, _rows_type(types))  # type: ignore[no-any-return]


def _lines(response: urllib3.BaseHTTPResponse, where: str) -> Iterator[bytes]:
    """Yield an answer's lines: one a chunk."""
    left = b""
    for part in response.stream(_READ_BYTES):
        *whole, left = (left + part).split(b"\n")
        yield from (line for line in whole if line)
        if len(left) > _LONGEST_LINE:
            raise StoreError(f"{where}: a chunk of an answer passes {_LONGEST_LINE} bytes; ask for less")
    if left.strip():
        yield left
