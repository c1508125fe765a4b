"""Named points at which a kill test may end the process, each of which shows itself hit.

A loss-free road is only believed when it was cut at its weakest places. Code on that road calls
``faults.reach("collector.written")`` there; in normal running that is one dictionary look-up that finds nothing.
A composition root may arm a point; the armed point first appends its name to a file, syncs the file, and then kills
its own process with SIGKILL, as a power cut would.
"""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from meterproof_core.errors import SettingsError

FAULT_POINTS: Mapping[str, str] = {
    "spool.mid_commit": "edge: samples are in the spool's transaction, which is not committed",
    "spool.mid_delete": "edge: batches that a receipt answers are deleted in the spool's transaction, not committed",
    "edge.receipt_before_delete": "edge: the collector's receipt has come, the batch is still in the spool",
    "collector.readings_before_journal": "collector: the readings are in the store, their arrival not in the journal",
    "collector.written_before_receipt": "collector: the batch is in the store, neither ack nor receipt is sent",
    "collector.acknowledged_before_receipt": "collector: the broker has the ack, the gateway no receipt",
    "store.mid_commit": "store: rows are in the transaction that is not committed, or in the first of several requests",
    "ledger.mid_replace": "ledger: old intervals are taken away, the new ones are not there for good",
    "import.rows_before_entry": "import: the rows are in the store, the entry that makes them count is not",
}


FAULT_VARIABLE = "METERPROOF_FAULT"
"""Environment variable that arms a point: ``point`` or ``point:n``."""
FAULT_LOG_VARIABLE = "METERPROOF_FAULT_LOG"
"""Environment variable that names the file in which the hit shows itself."""


class FaultPoints(Protocol):
    """What code on the loss-free road calls at its weakest places."""

    def reach(self, point: str) -> None:
        """Say that a named point was reached."""
        ...


class NoFaults:
    """No point is armed: the normal case."""

    def reach(self, point: str) -> None:
        """Do nothing."""


def kill_this_process() -> None:
    """End this process as a power cut would: no clean-up, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)


class ArmedFault:
    """One armed point: on its n-th reach it writes its name to a file, syncs it, and kills the process.

    Parameters
    ----------
    point : str
        A name from `FAULT_POINTS`.
    on_reach : int
        On which reach it fires; 1 is the first.
    log : Path
        The file that shows the hit.
    kill : callable
        What ends the process.
    """

    def __init__(self, point: str, on_reach: int, log: Path, kill: Callable[[], None] = kill_this_process) -> None:
        self._point = point
        self._left = on_reach
        self._log = log
        self._kill = kill

    def reach(self, point: str) -> None:
        """Count a reach of the armed point; fire when it is the n-th."""
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(f"{point}\n")
                log.flush()
                os.fsync(log.fileno())
            self._kill()


def parse_fault(spec: str, log: Path) -> ArmedFault:
    """Return the armed point that a text such as ``store.mid_commit:3`` names.

    Parameters
    ----------
    spec : str
        ``point`` or ``point:n``; n is the reach on which it fires, 1 when left out.
    log : Path
        The file that shows the hit.

    Raises
    ------
    SettingsError
        When the point is unknown or n is no whole number above 0.
    """
    point, _, count = spec.partition(":")
    if point not in FAULT_POINTS:
        raise SettingsError(f"fault point {point!r} unknown; use {', '.join(FAULT_POINTS)}")
    if count and not (count.isdecimal() and int(count) > 0):
        raise SettingsError(f"fault point {point!r}: count {count!r} is not a whole number above 0")
    return ArmedFault(point, int(count or 1), log)


def faults_of(environment: Mapping[str, str]) -> FaultPoints:
    """Return the fault point that an environment arms, or none; for composition roots.

    Raises
    ------
    SettingsError
        When the point is unknown or no log is named.
    """
    spec = environment.get(FAULT_VARIABLE)
    if not spec:
        return NoFaults()
    log = environment.get(FAULT_LOG_VARIABLE)
    if not log:
        raise SettingsError(f"{FAULT_VARIABLE} is set without {FAULT_LOG_VARIABLE}; name the file that shows the hit")
    return parse_fault(spec, Path(log))
