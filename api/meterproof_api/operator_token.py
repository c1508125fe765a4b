"""The operator token: who may read the whole store and act on it, on a server that has no accounts.

It is compared in constant time, so that its characters cannot be found one by one by listening to the clock.
"""

import hmac
from http import HTTPStatus

from fastapi import Request
from starlette.exceptions import HTTPException

_SCHEME = "bearer"


def check_token(request: Request, token: str) -> None:
    """Check that a request carries the operator token.

    Parameters
    ----------
    request : Request
        With ``Authorization: Bearer <token>``.
    token : str
        What the server accepts.

    Raises
    ------
    HTTPException
        401 when it carries none or another.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "the store's routes ask for the operator token: Authorization: Bearer <token of server.json>",
            headers={"WWW-Authenticate": "Bearer"},
        )
