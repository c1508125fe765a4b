"""A real Mosquitto on a free port of loopback, for tests that kill it, wipe it and start it again on the same port."""

import os
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

_TIMEOUT_S = 20.0
_LOG_LINES_KEPT = 20_000

ANONYMOUS = ("allow_anonymous true",)
"""Whoever comes is let in; all else is as Mosquitto has it."""
DEFAULT_QUEUES = (*ANONYMOUS, "persistence false", "max_queued_messages 1000", "max_inflight_messages 20")
"""Mosquitto's own defaults, spelt out: past 1000 queued messages it acknowledges and discards."""
KEEPING = (
    *ANONYMOUS,
    "persistence true",
    "autosave_interval 1",
    "max_queued_messages 0",
    "max_inflight_messages 2000",
)
"""Nothing is discarded, and what was on the way a second ago is there after a kill."""


def free_port() -> int:
    """Return a TCP port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MosquittoServer:
    """A Mosquitto; a context manager that leaves no process behind.

    `kill` is SIGKILL, `stop` is SIGTERM; `start` after either begins again on the same port and folder.

    Parameters
    ----------
    program : str
        Path of the broker, as ``require_program("mosquitto")`` gives it.
    folder : Path
        Holds the settings file and what the broker keeps; made when it is missing.
    lines : sequence of str
        Of the settings file, beside listener and folder: `ANONYMOUS`, `DEFAULT_QUEUES`, `KEEPING` or one's own.
    port : int
        0 takes a free one.
    listener : sequence of str
        Lines that belong to the listener, such as certificates.
    """

    def __init__(
        self,
        program: str,
        folder: Path,
        lines: Sequence[str] = ANONYMOUS,
        *,
        port: int = 0,
        listener: Sequence[str] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.kept = folder / "kept"
        self.kept.mkdir(exist_ok=True)
        self._settings = folder / "mosquitto.conf"
        self._prepare(program)
        account = (f"user {_own_name()}",) if os.geteuid() == 0 else ()  # else root's broker cannot write its folder
        own = (*account, f"persistence_location {self.kept}/", f"listener {self.port} 127.0.0.1", *listener)
        self._settings.write_text("\n".join((*lines, *own, "")))

    @classmethod
    def of_file(cls, program: str, settings: Path, *, port: int, keeps: Path) -> "MosquittoServer":
        """Return a broker that runs with a settings file as it is; the caller knows its port and its folder."""
        server = cls.__new__(cls)
        server.port, server.kept, server._settings = port, keeps, settings
        server._prepare(program)
        return server

    def _prepare(self, program: str) -> None:
        self._command = [program, "-c", str(self._settings)]
        self._process: subprocess.Popen[str] | None = None
        self._lines: deque[str] = deque(maxlen=_LOG_LINES_KEPT)
        self._running = False
        self._said = threading.Condition()

    @property
    def url(self) -> str:
        """Where it listens, in the clear."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """Where it listens when its listener has certificates; `Certificates` names the server ``localhost``."""
        return f"mqtts://localhost:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running broker."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> "MosquittoServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Run it, and return once it takes connections."""
        assert self._process is None, "it runs already"
        self._running = False
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        with self._said:
            self._said.wait_for(lambda: self._running or not self._alive(), _TIMEOUT_S)
        if not self._running:
            self.kill()
            raise AssertionError(f"mosquitto does not start: {self.log()}")
        socket.create_connection(("127.0.0.1", self.port), timeout=_TIMEOUT_S).close()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order; what it is to keep is written."""
        self._end(signal.SIGTERM)

    def wipe(self) -> None:
        """Forget what it kept; it must not run."""
        assert self._process is None, "stop it first"
        for file in self.kept.iterdir():
            file.unlink()

    def reload(self) -> None:
        """Let it read its settings and lists again (SIGHUP)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def log(self) -> str:
        """Return what it said so far, over all its runs."""
        with self._said:
            return "".join(self._lines)

    def wait_for_log(self, text: str, timeout_s: float = _TIMEOUT_S) -> bool:
        """Wait until it has said something, or ends; return whether it said it."""
        with self._said:
            self._said.wait_for(lambda: self._found(text) or not self._alive(), timeout_s)
            return self._found(text)

    def _found(self, text: str) -> bool:
        return any(text in line for line in self._lines)

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as said:
            for line in said:
                with self._said:
                    self._lines.append(line)
                    self._running |= line.rstrip().endswith(" running")
                    self._said.notify_all()
        process.wait()
        with self._said:
            self._said.notify_all()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _own_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name
