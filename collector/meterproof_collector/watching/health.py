"""Says over HTTP how the collector is: on loopback only, for service managers, Prometheus and people."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from meterproof_core.errors import SettingsError

_log = logging.getLogger(__name__)
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers."""

    body: bytes
    content_type: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK


Routes = Mapping[str, Callable[[], Answer]]


class HealthServer:
    """A small HTTP server in threads of its own; a context manager.

    Parameters
    ----------
    routes : mapping of path to callable
        What is answered.
    host, port : str, int
        Where it listens; port 0 takes a free one.
    """

    def __init__(self, routes: Routes, host: str = "127.0.0.1", port: int = 0) -> None:
        try:
            self._server = _Server((host, port), _handler(routes))
        except OSError as error:
            raise SettingsError(
                f"health: {host}:{port} cannot be listened on ({error.strerror}); use a free port, or 0 for any"
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), name="health", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> "HealthServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request: object, _address: object) -> None:
        """Pass over a client that went away."""
        _log.debug("a client went away", exc_info=True)


def _handler(routes: Routes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            route = routes.get(path)
            answer = route() if route else Answer(b'{"status": 404}', status=HTTPStatus.NOT_FOUND)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the standard library's signature
            """Say nothing: a question a second is no news."""

    return Handler
