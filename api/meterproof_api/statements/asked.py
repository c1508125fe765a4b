"""The one way in which an address becomes a statement, and a file becomes an answer."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request, Response

from meterproof_api.context import InContext
from meterproof_api.problems import ProblemError, not_accepted, not_found
from meterproof_api.statements.charts import CHARTS
from meterproof_api.statements.document import ID_FORM, Json, is_statement_id
from meterproof_api.statements.rows import stream_rows
from meterproof_api.statements.shelf import Shelf, Shelved
from meterproof_core.errors import DataError

T = TypeVar("T")


def shelf_of(context: InContext) -> Shelf:
    """Return the shelf."""
    return context.shelf


TheShelf = Annotated[Shelf, Depends(shelf_of)]


def statement_of(statement: str, shelf: TheShelf, version: Annotated[int | None, Query(ge=1)] = None) -> Shelved:
    """Return the statement that an address names; the newest version where none is named.

    Raises
    ------
    ProblemError
        When the name is no id, or there is no such statement or version.
    """
    if not is_statement_id(statement):
        raise not_accepted(f"statement {statement!r} is not an id; use {ID_FORM}")
    found = shelf.find(statement, version)
    if found is not None:
        return found
    if version is not None and shelf.find(statement) is not None:
        raise not_found(f"statement {statement!r} has no version {version}; see /api/v1/statements")
    raise not_found(f"there is no statement {statement!r} here; see /api/v1/statements")


TheStatement = Annotated[Shelved, Depends(statement_of)]


def chart_of(entry: Shelved, stream: str, name: str) -> Json:
    """Return a chart of a statement.

    Raises
    ------
    ProblemError
        When there is no such stream or chart, or the bundle does not hold its rows.
    """
    shapes = {shape.id: shape for shape in entry.shape.streams}
    if stream not in shapes:
        raise not_found(f"statement {entry.statement_id!r} has no stream {stream!r}; use {', '.join(shapes)}")
    if name not in CHARTS:
        raise not_found(f"there is no chart {name!r}; use {', '.join(CHARTS)}")
    rows = from_bundle(entry, lambda: stream_rows(entry.path, stream))
    return CHARTS[name](shapes[stream], rows)


def from_bundle(entry: Shelved, read: Callable[[], T]) -> T:
    """Return what is read from a bundle.

    Raises
    ------
    ProblemError
        When the bundle was damaged or taken away since it was put on the shelf.
    """
    try:
        return read()
    except (DataError, OSError) as error:
        sentence = f"the bundle {entry.path.name} cannot be read: {error}"
        raise ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, sentence) from error


def file_answer(request: Request, content: bytes, media_type: str, disposition: str) -> Response:
    """Return a file byte for byte, or 304 when the asker already has it."""
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Content-Disposition": disposition}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
