"""What sums over periods say: how much, how much of it is known, and what they had to leave out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LevelTotals:
    """Totals of the periods of one level.

    Parameters
    ----------
    day : (n,) datetime64[D]
        The local date on which each begins.
    name : tuple of str, length n
        Of its shift; empty on other levels.
    start_ms, end_ms : (n,) int64
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : (n,) float64
        Sum of what lies whole within the period; NaN when nothing does [unit].
    from_spans : (n,) float64
        How much of it came from spans [unit].
    completeness : (n,) float64
        Share of the period's time that is in the sum, 0 to 1.
    cut_by_span : (n,) bool
        Something that is not in the sum lies partly in this period: its total is known, its share in this period is
        not.
    crossing : (m,) int64
        Places, among the rows as given, of what lies in no period whole but in one or more partly. What lies whole
        between the first period's start and the last one's end belongs to their total, and to none of them.
    """

    day: npt.NDArray[np.datetime64]
    name: tuple[str, ...]
    start_ms: IntArray
    end_ms: IntArray
    amount: FloatArray
    from_spans: FloatArray
    completeness: FloatArray
    cut_by_span: BoolArray
    crossing: IntArray

    @property
    def complete(self) -> BoolArray:
        """Whether every millisecond of the period is in its sum."""
        return self.completeness >= 1.0

    @property
    def is_lower_bound(self) -> BoolArray:
        """Whether more was counted in the period than its amount says, or may have been."""
        return ~self.complete

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True)
class PeriodTotal:
    """Total of one period.

    Parameters
    ----------
    amount : float
        Sum of what lies whole within the period; NaN when nothing does [unit].
    from_spans : float
        How much of it came from spans [unit].
    completeness : float
        Share of the period's time that is in the sum, 0 to 1.
    cut_by_span : bool
        Something that is not in the sum lies partly in the period.
    """

    amount: float
    from_spans: float
    completeness: float
    cut_by_span: bool
