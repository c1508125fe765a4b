"""A sample while it is put together from the answers to several requests."""

from collections.abc import Sequence
from enum import StrEnum

from meterproof_core.wire import Level
from meterproof_edge.decode import Decoded
from meterproof_edge.sample import Sample


class Missing(StrEnum):
    """Why a value is not there although it was wanted."""

    NO_ANSWER = "no-answer"
    BAD_ANSWER = "bad-answer"
    REFUSED = "refused"
    ABSENT = "absent"  # an optional register that this unit does not have


class SampleDraft:
    """Collects answers; what no answer brought is missing, with its reason.

    Parameters
    ----------
    point : str
        The metering point.
    quantities : tuple of str
        What the sample is to hold, in this order.
    """

    __slots__ = ("_counters_ms", "_first_ms", "_flags", "_missing", "_point", "_quantities", "_raw", "_values")

    def __init__(self, point: str, quantities: tuple[str, ...]) -> None:
        self._point = point
        self._quantities = quantities
        self._values: list[float | None] = [None] * len(quantities)
        self._raw: dict[str, int | float] = {}
        self._flags: list[tuple[int, str, str]] = []
        self._missing: dict[int, Missing] = dict.fromkeys(range(len(quantities)), Missing.ABSENT)
        self._first_ms: int | None = None
        self._counters_ms: int | None = None

    def take(self, columns: Sequence[int], decoded: Decoded, t_ms: int) -> None:
        """Take what one answer gave, for its columns, at its instant [ms since 1970-01-01 UTC]."""
        for column, value in zip(columns, decoded.values, strict=True):
            self._values[column] = value
            del self._missing[column]
        self._flags.extend((columns[index], level, reason) for index, level, reason in decoded.flags)
        if self._first_ms is None:
            self._first_ms = t_ms
        if decoded.raw:
            self._raw.update(decoded.raw)
            if self._counters_ms is None:
                self._counters_ms = t_ms

    def lose(self, columns: Sequence[int], reason: Missing) -> None:
        """Say why columns are missing."""
        self._missing.update(dict.fromkeys(columns, reason))

    def sample(self) -> Sample | None:
        """Return the sample, or None when there was no answer at all."""
        t_ms = self._first_ms if self._counters_ms is None else self._counters_ms
        if t_ms is None:
            return None
        lost = [(column, Level.MISSING.value, reason.value) for column, reason in self._missing.items()]
        return Sample(
            point=self._point,
            t_ms=t_ms,
            quantities=self._quantities,
            values=tuple(self._values),
            raw=self._raw,
            flags=tuple(sorted(self._flags + lost)),
        )
