"""Serves an application over HTTP in a thread of this process."""

import socket
import threading
from typing import Any

import uvicorn

from meterproof_core.errors import SettingsError

_START_TIMEOUT_S = 20.0


class _ReadyServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class WebServer:
    """An ASGI application behind uvicorn; a context manager.

    Parameters
    ----------
    app : ASGI application
        What is served.
    port : int
        TCP port; 0 takes a free one.
    host : str
        Address to bind to; loopback unless told otherwise.
    """

    def __init__(self, app: Any, port: int, host: str = "127.0.0.1") -> None:  # noqa: ANN401 - any ASGI callable
        self._socket = _bound(host, port)
        self._host = host
        self._server = _ReadyServer(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on"))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )

    @property
    def url(self) -> str:
        """Address of the front page, without a slash at the end."""
        return f"http://{self._host}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> "WebServer":
        self._thread.start()
        self._server.ready.wait(_START_TIMEOUT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def _bound(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # or uvicorn leaves Nagle on
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingsError(
            f"port {port} on {host} cannot be used ({error}); choose a free one, or 0 for any"
        ) from error
    return listener
