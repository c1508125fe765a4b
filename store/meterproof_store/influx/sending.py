"""Sends lines in bodies that a server takes, and sums up what it said to them.

While a body is under way the next one is being built: the server and we work at the same time, and still no body
overtakes another of its call.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from meterproof_core.errors import StoreRefusedError, StoreRetentionError
from meterproof_core.faults import FaultPoints
from meterproof_store.influx.answers import TOO_LARGE, write_error
from meterproof_store.influx.roads import WriteRoad
from meterproof_store.influx.schema import Policy

MOST_CHARACTERS = 1024 * 1024
"""A body is closed when it passes this: some 1,500 rows of 20 values, a 24th of what 1.x takes by default."""
_AT_ONCE = 8
"""Calls of so many threads have a body under way at the same time."""

Body = tuple[Policy, bytes]


def bodies(blocks: Iterable[tuple[Policy, str]], most: int = MOST_CHARACTERS) -> Iterator[Body]:
    """Yield bodies of bounded length, each of one policy, in which the blocks keep their order.

    Parameters
    ----------
    blocks : iterable of (Policy, str)
        Lines without a line break at the end.
    most : int
        Characters after which a body is closed.
    """
    open_: dict[Policy, list[str]] = {policy: [] for policy in Policy}
    lengths = dict.fromkeys(Policy, 0)
    for policy, block in blocks:
        open_[policy].append(block)
        lengths[policy] += len(block)
        if lengths[policy] >= most:
            yield policy, "\n".join(open_[policy]).encode()
            open_[policy].clear()
            lengths[policy] = 0
    for policy, left in open_.items():
        if left:
            yield policy, "\n".join(left).encode()


class Sender:
    """Sends bodies one after the other.

    Parameters
    ----------
    road : WriteRoad
        To the server.
    where : str
        Server and database, for errors.
    faults : FaultPoints
        For kill tests: ``store.mid_commit`` is reached between two bodies of one call.
    """

    def __init__(self, road: WriteRoad, where: str, faults: FaultPoints) -> None:
        self._road = road
        self._where = where
        self._faults = faults
        self._sending = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="influx")

    def close(self) -> None:
        """Wait for what is under way."""
        self._sending.shutdown()

    def send(self, sent: Iterable[Body], precision: str = "ms") -> None:
        """Send every body, also those behind one that was refused for its data.

        Raises
        ------
        StoreRefusedError
            When something in some body was refused for good.
        StoreRetentionError
            When nothing worse happened than that something was too old; all the rest is stored.
        StoreError
            When the server failed or turned us away; what came behind was not sent.
        """
        refusals: list[StoreRefusedError] = []
        under_way: Future[list[StoreRefusedError]] | None = None
        try:
            for policy, body in sent:
                if under_way is not None:
                    refusals += under_way.result()
                    self._faults.reach("store.mid_commit")
                under_way = self._sending.submit(self._post, policy, body, precision)
        finally:
            if under_way is not None:
                refusals += under_way.result()
        if refusals:
            raise next((error for error in refusals if not isinstance(error, StoreRetentionError)), refusals[0])

    def _post(self, policy: Policy, body: bytes, precision: str) -> list[StoreRefusedError]:
        """Return what was refused for good; a body that is too large is sent in halves."""
        answer = self._road.post(policy, body, precision)
        if answer.status in (200, 204):
            return []
        halves = _halves(body) if answer.status == TOO_LARGE else ()
        if halves:
            return [error for half in halves for error in self._post(policy, half, precision)]
        error = write_error(f"{self._where}/{policy}", answer.status, answer.body)
        if not isinstance(error, StoreRefusedError):
            raise error
        return [error]


def _halves(body: bytes) -> tuple[bytes, ...]:
    """Return a body in two, cut behind a line; nothing when it is a single line."""
    cut = body.find(b"\n", len(body) // 2)
    if cut < 0:
        cut = body.rfind(b"\n", 0, len(body) // 2)
    return () if cut < 0 else (body[:cut], body[cut + 1 :])
