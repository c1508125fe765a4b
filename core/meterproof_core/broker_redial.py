"""Keeps a connection to a broker: dials, waits until it ends, and dials again. For edge and collector alike.

Thousands of gateways lose one broker in the same second, so the wait grows, is drawn at random and has a cap; it is
forgotten only after a connection that held. The driver is handed in, and so is the waiting.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from meterproof_core.backoff import CAP_S, Backoff

_log = logging.getLogger(__name__)

_HELD_S = 30.0  # a connection that lived so long was sound
_ODD_ENDS = 4  # so many short-lived connections in a row have a cause that somebody has to find
_STOP_S = 10.0


class EndKind(Enum):
    """What the end of a connection means for the next one."""

    LOST = "lost"
    OTHER_VERSION = "the broker does not speak this version of MQTT"
    TAKEN_OVER = "another client came with our id"
    TWIN = "connections keep ending soon, as they do when another client has our id"
    SMALLER_WINDOW = "the broker wants fewer messages on the way than this connection was made for"
    ASKED = "we were asked to stop"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a connection ended.

    Parameters
    ----------
    kind : EndKind
        What it means for the next one.
    why : str
        For the user.
    held_s : float
        How long it could be used; 0 when it never could [s].
    """

    kind: EndKind
    why: str
    held_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DialCounts:
    """What became of the connections since the start."""

    dials: int = 0
    connects: int = 0
    taken_over: int = 0


class DialPlan:
    """When to dial again, and with which version of MQTT; holds no thread and no socket.

    Parameters
    ----------
    mqtt5 : bool or None
        Whether to speak MQTT 5; None falls back to 3.1.1 where the broker speaks nothing later.
    longest_s : float
        Longest wait [s].
    chance : callable
        Gives a number in [0, 1) for the jitter.
    """

    def __init__(
        self, *, mqtt5: bool | None = None, longest_s: float = CAP_S, chance: Callable[[], float] = random.random
    ) -> None:
        self._asked = mqtt5
        self._longest_s = longest_s
        self._chance = chance
        self._backoff = Backoff(first_s=1.0, chance=chance)
        self._short_lived = 0
        self.mqtt5 = mqtt5 is not False

    def judged(self, ended: Ended) -> Ended:
        """Return how a connection ended seen with those before: Mosquitto 2.0 does not tell whom it throws off."""
        self._short_lived = self._short_lived + 1 if 0 < ended.held_s < _HELD_S else 0
        if ended.kind is EndKind.LOST and self._short_lived >= _ODD_ENDS:
            return replace(ended, kind=EndKind.TWIN, why=f"{ended.why}; {EndKind.TWIN.value}")
        return ended

    def wait_s(self, ended: Ended) -> float:
        """Take in how a connection ended and return how long to wait before the next one [s]."""
        if ended.kind is EndKind.OTHER_VERSION and self.mqtt5 and self._asked is None:
            self.mqtt5 = False
            return 0.0
        self.mqtt5 = self._asked is not False
        if ended.kind is EndKind.SMALLER_WINDOW:
            return 0.0
        if ended.held_s >= _HELD_S:
            self._backoff.succeeded()
        self._backoff.failed(0.0)
        if ended.kind in {EndKind.TAKEN_OVER, EndKind.TWIN}:
            return self._longest_s * (0.5 + 0.5 * self._chance())
        return min(self._backoff.wait_s(0.0), self._longest_s)


class Redial:
    """A thread that keeps one connection.

    Parameters
    ----------
    dial : callable
        Given whether to speak MQTT 5, connects, returns when the connection has ended, and says how.
    plan : DialPlan
        When to dial again.
    name : str
        Broker and client, for the log.
    tell : callable or None
        Is told how each connection ended.
    wait : callable or None
        Waits for some seconds and returns whether to stop; for tests.
    """

    def __init__(
        self,
        dial: Callable[[bool], Ended],
        plan: DialPlan,
        *,
        name: str,
        tell: Callable[[Ended], None] | None = None,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._dial = dial
        self._plan = plan
        self._name = name
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._told = ""
        self._tell = tell
        self._thread = threading.Thread(target=self._run, name=f"broker {name}", daemon=True)
        self.counts = DialCounts()

    @property
    def stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Dial no more; the present connection is for its owner to end."""
        self._stopping.set()

    def join(self, timeout_s: float = _STOP_S) -> bool:
        """Wait for the thread's end; return whether it came."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def reached(self, version: str) -> None:
        """Note that a connection can be used, and with which version of MQTT."""
        counts = self.counts
        self.counts = DialCounts(counts.dials, counts.connects + 1, counts.taken_over)
        self._told = ""
        _log.info("connected to broker %s with MQTT %s", self._name, version)

    def _run(self) -> None:
        stop = False
        while not (stop or self._stopping.is_set()):
            counts = self.counts
            self.counts = DialCounts(counts.dials + 1, counts.connects, counts.taken_over)
            ended = self._plan.judged(self._dialled())
            if ended.kind is EndKind.ASKED or self._stopping.is_set():
                return
            wait_s = self._plan.wait_s(ended)
            self._say(ended, wait_s)
            if self._tell is not None:
                self._tell(ended)
            stop = self._wait(wait_s)

    def _dialled(self) -> Ended:
        try:
            return self._dial(self._plan.mqtt5)
        except Exception as error:  # noqa: BLE001 - this thread must outlive a bug; it tells it and dials on
            _log.debug("dialling broker %s failed", self._name, exc_info=True)
            return Ended(EndKind.LOST, f"{type(error).__name__}: {error}")

    def _say(self, ended: Ended, wait_s: float) -> None:
        if ended.kind in {EndKind.TAKEN_OVER, EndKind.TWIN}:
            counts = self.counts
            self.counts = DialCounts(counts.dials, counts.connects, counts.taken_over + 1)
        if ended.kind is EndKind.TAKEN_OVER or (ended.kind is EndKind.TWIN and ended.why != self._told):
            _log.error(
                "broker %s: %s. If two agents or two collectors of one name run somewhere, stop one or give it a name "
                "of its own. Dialling again in %.0f s",
                self._name,
                ended.why,
                wait_s,
            )
        elif ended.why != self._told and wait_s:
            _log.warning("broker %s is not reached (%s); trying on", self._name, ended.why)
        if wait_s:  # what is tried again at once, with the other version, was not told
            self._told = ended.why
