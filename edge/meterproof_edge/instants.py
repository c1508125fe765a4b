"""Which instants one metering point has had: they rise, and none comes twice, even when the clock was wrong once.

A gateway's clock can jump years ahead and be put right. Waiting until the time of its last sample has come would keep
the meter silent for years, so a last instant that lies far ahead of the clock is taken for an excursion: it is left
behind, and the instants rise anew from the clock's time on. A small step back is waited for.

What holds: instants rise between excursions. None that this process gave in an excursion is given again, as far as the
newest 4096 of them are concerned; a later process knows the cursor alone and could meet one by a chance of
milliseconds.
"""

from collections import deque

FAR_AHEAD_MS = 3_600_000
"""Longest step back of a clock that is waited for [ms]: beyond it silence costs more than instants that fall once."""

_REMEMBERED = 4096


class Instants:
    """The instants of one metering point.

    Parameters
    ----------
    last_ms : int
        The last one that is known [ms since 1970-01-01 UTC]; 0 when there was none.
    """

    __slots__ = ("_ahead", "_recent", "last_ms")

    def __init__(self, last_ms: int = 0) -> None:
        self.last_ms = last_ms
        self._recent: deque[int] = deque(maxlen=_REMEMBERED)
        self._ahead: frozenset[int] = frozenset()

    def admits(self, t_ms: int) -> bool:
        """Return whether an instant [ms] may be given: it is later than the last, and new."""
        return t_ms > self.last_ms and t_ms not in self._ahead

    def note(self, t_ms: int) -> None:
        """Remember an instant [ms] that was given."""
        self.last_ms = t_ms
        self._recent.append(t_ms)

    def resume(self, now_ms: int) -> int:
        """Leave an excursion behind when the last instant lies far ahead of a time [ms].

        The instants then rise from the last one before the excursion, or else from that time.

        Returns
        -------
        int
            How far the last instant lay ahead [ms]; 0 when there was no excursion.
        """
        ahead_ms = self.last_ms - now_ms
        if ahead_ms <= FAR_AHEAD_MS:
            return 0
        given = [*sorted(self._ahead), *self._recent]
        self._ahead = frozenset([t_ms for t_ms in given if t_ms > now_ms][-_REMEMBERED:])
        before = [t_ms for t_ms in self._recent if t_ms <= now_ms + FAR_AHEAD_MS]
        self._recent = deque(before, maxlen=_REMEMBERED)
        self.last_ms = max(before, default=now_ms)
        return ahead_ms
