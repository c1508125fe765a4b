"""One of our processes: started, killed, armed with a fault, and asked how it ended.

Each start writes into a log file of its own, so that the verdict can look at every life of a process.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LOOK_S = 0.02
START_S = 60.0
"""Longest start on a busy machine [s]."""
STOP_S = 120.0
"""Longest orderly end [s]: what was taken is stored and the ledger's work is done first."""


@dataclass(slots=True)
class Life:
    """One life of a process: how it ended, and whether we wanted that.

    Parameters
    ----------
    log : Path
        What it said.
    ended : int or None
        Exit code; None while it lives.
    by_us : bool
        Whether it was killed by the harness or by its armed fault.
    """

    log: Path
    ended: int | None = None
    by_us: bool = False


@dataclass(slots=True)
class Service:
    """A process that can be started again and again.

    Parameters
    ----------
    name : str
        For people, and for its log files.
    command : sequence of str
        What is run.
    folder : Path
        Where logs go.
    ready : str
        What it says once it works.
    environment : mapping
        Beside our own.
    """

    name: str
    command: Sequence[str]
    folder: Path
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)
    lives: list[Life] = field(default_factory=list)
    process: "subprocess.Popen[bytes] | None" = None
    armed: str = ""

    def start(self, *, fault: str = "") -> None:
        """Run it without waiting; a fault is armed by its name and count, such as ``store.mid_commit:3``."""
        assert self.process is None, f"{self.name} runs already"
        life = Life(self.folder / f"{self.name}.{len(self.lives)}.log")
        environment = {**os.environ, **self.environment}
        self.armed = fault
        if fault:
            environment |= {"METERPROOF_FAULT": fault, "METERPROOF_FAULT_LOG": str(self.fault_log)}
        with life.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        self.lives.append(life)

    @property
    def fault_log(self) -> Path:
        """Where an armed fault shows itself hit."""
        return self.folder / f"{self.name}.faults"

    @property
    def is_alive(self) -> bool:
        """Whether it runs; notes how it ended when it does not."""
        self.look()
        return self.process is not None

    def wait_ready(self, timeout_s: float = START_S) -> bool:
        """Return whether it said that it works before a time-out [s], or before it ended."""
        log = self.lives[-1].log
        return self._wait_until(lambda: self.ready in log.read_text(errors="replace"), timeout_s)

    def wait_dead(self, timeout_s: float) -> bool:
        """Return whether it ended by itself before a time-out [s]."""
        self._wait_until(lambda: False, timeout_s)
        return self.process is None

    def kill(self) -> None:
        """End it as a power cut would; one that has ended already is left so."""
        if self.is_alive:
            self._end(signal.SIGKILL, by_us=True)

    def stop(self, timeout_s: float = STOP_S) -> int | None:
        """Ask it to end and return its exit code; one that does not is killed, which the verdict shows."""
        if not self.is_alive:
            return None
        return self._end(signal.SIGTERM, by_us=False, timeout_s=timeout_s)

    def look(self) -> None:
        """Note whether it ended by itself; an armed fault that showed itself hit was ours."""
        if self.process is not None and self.process.poll() is not None:
            hit = bool(self.armed) and self.process.returncode == -signal.SIGKILL and self.hits() > 0
            self._note(by_us=hit)

    def hits(self) -> int:
        """Return how often an armed fault of this process was hit so far."""
        return len(self.fault_log.read_text().splitlines()) if self.fault_log.exists() else 0

    def _end(self, number: signal.Signals, *, by_us: bool, timeout_s: float = STOP_S) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        code = self.process.returncode
        self._note(by_us=by_us)
        return code

    def _note(self, *, by_us: bool) -> None:
        assert self.process is not None
        self.lives[-1].ended = self.process.returncode
        self.lives[-1].by_us = by_us
        self.process = None

    def _wait_until(self, found, timeout_s: float) -> bool:
        until = time.monotonic() + timeout_s
        while time.monotonic() < until and self.is_alive:
            if found():
                return True
            time.sleep(_LOOK_S)
        return found()
