"""Errors as RFC 9457 problem details: the one place where our exceptions become HTTP answers.

References
----------
RFC 9457, Problem Details for HTTP APIs, section 3.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from meterproof_api.answers import HTML
from meterproof_api.headers import HEADERS
from meterproof_api.pages import render
from meterproof_core.errors import MeterproofError, StoreError

MEDIA_TYPE = "application/problem+json"


class ProblemError(MeterproofError):
    """A request that cannot be answered, with the HTTP status that says so.

    Parameters
    ----------
    status : HTTPStatus
        The status of the answer.
    sentence : str
        What is wrong, in which thing, with which value, and what is accepted.
    """

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def not_found(sentence: str) -> ProblemError:
    """Return the error of a thing that is not there."""
    return ProblemError(HTTPStatus.NOT_FOUND, sentence)


def not_accepted(sentence: str) -> ProblemError:
    """Return the error of a question that makes no sense."""
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)


def problem(request: Request, status: int, detail: str) -> Response:
    """Return a problem as an HTTP answer: problem details, or a page where a person's browser asked for one."""
    title, path = HTTPStatus(status).phrase, request.url.path
    if not path.startswith("/api/") and "text/html" in request.headers.get("accept", ""):
        page = render("problem.html", title=title, heading=title, sentence=detail)
        return Response(page, status, media_type=HTML, headers=HEADERS)
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": path}
    return Response(msgspec.json.encode(body), status, media_type=MEDIA_TYPE, headers=HEADERS)


def answer_with_problems(app: FastAPI) -> None:
    """Make an application answer every error with a problem."""

    @app.exception_handler(ProblemError)
    def of_problem(request: Request, error: ProblemError) -> Response:
        return problem(request, error.status, str(error))

    @app.exception_handler(StoreError)
    def of_store(request: Request, error: StoreError) -> Response:
        return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, f"the store does not answer: {error}")

    @app.exception_handler(RequestValidationError)
    def of_validation(request: Request, error: RequestValidationError) -> Response:
        return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, _sentence(error))

    @app.exception_handler(Exception)
    def of_anything_else(request: Request, error: Exception) -> Response:
        sentence = f"a mistake of ours ({type(error).__name__}); the server's log tells more"
        return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence)

    @app.exception_handler(HTTPException)
    def of_http(request: Request, error: HTTPException) -> Response:
        answer = problem(request, error.status_code, _http_sentence(request, error))
        answer.headers.update(error.headers or {})
        return answer


def _sentence(error: RequestValidationError) -> str:
    return "; ".join(_fault(fault) for fault in error.errors())


def _fault(fault: Mapping[str, Any]) -> str:
    where = _where(fault["loc"])
    return f"{where} is missing" if fault["type"] == "missing" else f"{where} {fault['input']!r}: {fault['msg']}"


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _http_sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return f"there is no page {request.url.path!r} here; see /api/v1/openapi.json for what there is"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"method {request.method} is not accepted here; use GET"
    return str(error.detail)
