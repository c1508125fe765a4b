"""Which batches of one stream have come, as ranges: bounded, however long the stream runs. Pure."""

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(slots=True)
class _Range:
    """Numbers from first to last, and when the gap before them last became another one [ms since 1970-01-01 UTC]."""

    first: int
    last: int
    gap_changed_ms: int


@dataclass(frozen=True, slots=True)
class MissingRange:
    """Numbers that have not come, both ends included, and since when nothing came of them [ms since 1970-01-01 UTC]."""

    first: int
    last: int
    since_ms: int


class SeqRanges:
    """Rising numbers with gaps.

    Parameters
    ----------
    most : int
        Ranges that are kept; beyond that the oldest gap is forgotten.
    """

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._ranges: list[_Range] = []
        self.newest_ms = 0

    def add(self, number: int, at_ms: int) -> bool:
        """Note a number that came at a time [ms since 1970-01-01 UTC]; return whether it is new."""
        self.newest_ms = max(self.newest_ms, at_ms)
        ranges = self._ranges
        if ranges and ranges[-1].last + 1 == number:  # the normal case
            ranges[-1].last = number
            return True
        right = bisect_right(ranges, number, key=lambda one: one.first)
        if right and number <= ranges[right - 1].last:
            return False
        self._put(number, right, at_ms)
        if len(ranges) > self._most:
            ranges[1].first = ranges[0].first
            ranges.pop(0)
        return True

    def _put(self, number: int, right: int, at_ms: int) -> None:
        ranges = self._ranges
        touches_left = right > 0 and ranges[right - 1].last + 1 == number
        touches_right = right < len(ranges) and ranges[right].first - 1 == number
        if touches_left and touches_right:
            ranges[right - 1].last = ranges[right].last
            ranges.pop(right)
            return
        if right < len(ranges):
            ranges[right].gap_changed_ms = at_ms
        if touches_left:
            ranges[right - 1].last = number
        elif touches_right:
            ranges[right].first = number
        else:
            ranges.insert(right, _Range(number, number, at_ms))

    def missing(self, unchanged_since_ms: int) -> list[MissingRange]:
        """Return the gaps of which nothing has come since a time [ms since 1970-01-01 UTC].

        A backlog that is being sent fills its gap bit by bit: that one is no fault.
        """
        pairs = zip(self._ranges, self._ranges[1:], strict=False)
        return [
            MissingRange(left.last + 1, right.first - 1, right.gap_changed_ms)
            for left, right in pairs
            if right.gap_changed_ms <= unchanged_since_ms
        ]

    @property
    def seen(self) -> list[tuple[int, int]]:
        """The numbers that came, as ranges, both ends included."""
        return [(one.first, one.last) for one in self._ranges]
