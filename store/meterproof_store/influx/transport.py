"""Speaks HTTP to one server: bounded times, no repetition of its own, every failure in our words."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from meterproof_core.errors import SettingsError, StoreError, StoreInDoubtError
from meterproof_store.settings import StoreSettings

_CONNECTIONS = 8
_CONNECT_S = 5.0
_NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.LocationValueError,
)


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """Who we are to the server; never printed."""

    token: str | None = None
    user: str | None = None
    password: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The header that says so."""
        if self.token is not None:
            return {"Authorization": f"Token {self.token}"}
        if self.user is not None:
            return urllib3.util.make_headers(basic_auth=f"{self.user}:{self.password}")
        return {}

    @property
    def as_token(self) -> str:
        """A token; InfluxDB 1.8 takes user and password as one."""
        return self.token if self.token is not None else f"{self.user}:{self.password}" if self.user else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_account(settings: StoreSettings, token: str | None) -> Account:
    """Return the account that settings name, its secrets read from their files.

    Parameters
    ----------
    settings : StoreSettings
        Name the files.
    token : str or None
        From the environment; it goes first.

    Raises
    ------
    SettingsError
        When a file cannot be read or is empty.
    """
    if token is None and settings.token_file is not None:
        token = _secret("token_file", settings.token_file)
    if token is not None:
        return Account(token=token)
    if settings.user is None or settings.password_file is None:
        return Account()
    return Account(user=settings.user, password=_secret("password_file", settings.password_file))


def _secret(key: str, path: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"store: {key} {path}: cannot be read ({type(error).__name__})") from None
    if not secret or not secret.isprintable():
        raise SettingsError(f"store: {key} {path}: holds no secret; write it there, in one line")
    return secret


def no_answer(asked: str, error: Exception, *, writes: bool) -> StoreError:
    """Return the error that a request without an answer is.

    Parameters
    ----------
    asked : str
        Server, method and path; the text begins with it.
    error : Exception
        Of urllib3 or the operating system.
    writes : bool
        Whether the request changes what is stored: then it matters that it may have been sent.
    """
    text = f"{asked} failed: {type(error).__name__}: {error}"
    if not writes or isinstance(error, _NOT_SENT) or _is_refused_certificate(error):
        return StoreError(text)
    return StoreInDoubtError(f"{text}; it may still be done")


def _is_refused_certificate(error: Exception) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in (error, *error.args))


class Transport:
    """Requests to one server.

    Parameters
    ----------
    url : str
        Its address.
    account : Account
        Goes into every request.
    timeout_s : float
        How long the server may be silent [s].
    ca_file : str or None
        Certificates that vouch for it.
    """

    def __init__(self, url: str, account: Account, *, timeout_s: float, ca_file: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.account = account
        self.timeout_s = timeout_s
        self.ca_file = ca_file
        timeout = urllib3.Timeout(connect=min(timeout_s, _CONNECT_S), read=timeout_s)
        tls: dict[str, Any] = {"ca_certs": ca_file} if ca_file is not None else {}
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, timeout=timeout, retries=False, **tls)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
    ) -> Answer:
        """Return the answer to a request, whatever its status; further headers go before the account's.

        Raises
        ------
        StoreInDoubtError
            When a request that writes was sent, in part or whole, and nobody knows what the server does with it.
        StoreError
            When there is no answer: the server cannot be reached, or does not answer in time.
        """
        with self.opened(method, path, params=params, body=body, headers=headers, writes=writes) as response:
            return Answer(response.status, response.headers, response.data)

    @contextmanager
    def opened(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Give an answer whose body is still to be read. Parameters and errors as of `request`."""
        query = f"?{urlencode(params)}" if params else ""
        told = {**self.account.headers, **(headers or {})}
        try:
            response = self._pool.request(
                method, f"{self.url}{path}{query}", body=body, headers=told, preload_content=False
            )
            try:
                yield response
            finally:
                response.close()  # a body that was read to its end has given the connection back already
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise no_answer(f"{self.url}: {method} {path}", error, writes=writes) from error

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()
