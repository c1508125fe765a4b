"""What a server's refusal means to whoever called: try again, call somebody, bisect, or write off. Pure."""

import json

from meterproof_core.errors import (
    StoreAccessError,
    StoreError,
    StoreInDoubtError,
    StoreRefusedError,
    StoreRetentionError,
)

_SETUP = "run `meterproof store setup`, or look at account, database and retention with `meterproof store check`"
_ABSENT = ("database not found", "retention policy not found", "bucket not found", "dbrp mapping not found")
_TOO_OLD = ("points beyond retention policy", "outside retention policy")
"""1.x and early 2.x say the first, newer ones the second; the status differs as much."""
_LIMIT = "limit exceeded"
_RAISE = "good data; raise max-values-per-tag or max-series-per-database of the server, or 0 for none"
_LONGEST = 500

TOO_LARGE = 413
_TURNED_AWAY = (401, 403, 404)
_WRONG_DATA = (400, TOO_LARGE, 422)
_MAY_PASS = (TOO_LARGE, 429)
_UNANSWERED = (502, 504)
_UNFINISHED = "timeout"
"""What 1.x says when a write took longer than its own write-timeout: it goes on with it."""


def message_of(body: bytes) -> str:
    """Return what a server says in an answer's body, shortened."""
    try:
        told = json.loads(body)
        said = str(told.get("error") or told.get("message") or told)
    except (ValueError, AttributeError):
        said = body.decode("utf-8", "replace")
    said = " ".join(said.split())
    return said if len(said) <= _LONGEST else said[:_LONGEST] + "..."


def write_error(where: str, status: int, body: bytes) -> StoreError:
    """Return the error that a refused write is.

    Parameters
    ----------
    where : str
        Server and database; the text begins with it.
    status : int
        Of HTTP.
    body : bytes
        The answer.
    """
    said = message_of(body)
    lower = said.lower()
    if _LIMIT in lower and status not in _MAY_PASS:
        return StoreAccessError(f"{where}: turned away{_with(status)}: {said}; {_RAISE}")
    if any(too_old in lower for too_old in _TOO_OLD):
        return StoreRetentionError(f"{where}: {said}")
    if status in _TURNED_AWAY or _says_absent(said):
        return StoreAccessError(f"{where}: turned away{_with(status)}: {said}; {_SETUP}")
    if status in _UNANSWERED or lower == _UNFINISHED:
        return StoreInDoubtError(f"{where}: failed with {status}: {said}; it may still be done")
    if status in _WRONG_DATA:
        return StoreRefusedError(f"{where}: refused with {status}: {said}")
    return StoreError(f"{where}: failed with {status}: {said}")


def query_error(where: str, status: int, said: str) -> StoreError:
    """Return the error that a refused question is. Parameters as of `write_error`; `said` is the server's sentence."""
    if status in _TURNED_AWAY or _says_absent(said):
        return StoreAccessError(f"{where}: turned away{_with(status)}: {said}; {_SETUP}")
    return StoreError(f"{where}: query failed{_with(status)}: {said}")


def _says_absent(said: str) -> bool:
    lower = said.lower()
    return any(absent in lower for absent in _ABSENT)


def _with(status: int) -> str:
    """Return a status as part of a sentence; a question can fail inside an answer of 200."""
    return "" if status in (0, 200) else f" with {status}"
