"""JSON and HTML answers with a tag of their content, so that a page that follows live data asks cheaply."""

import hashlib
from http import HTTPStatus

import msgspec
from fastapi import Request, Response

JSON = "application/json"
HTML = "text/html; charset=utf-8"


def tag_of(*parts: bytes) -> str:
    """Return a short tag of some content."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def answer(request: Request, body: bytes, media_type: str) -> Response:
    """Return a body, or 304 when the asker already has it."""
    etag = f'W/"{tag_of(body)}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def json_answer(request: Request, value: object) -> Response:
    """Return JSON-able values as an answer; a NaN becomes null."""
    return answer(request, msgspec.json.encode(value), JSON)
