"""The rows that a stream is compared in: consecutive local days, or calendar months, from baseline to reporting end."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from meterproof_mv.dossier.plan import Period, Plan
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.errors import PlanError
from meterproof_mv.local_clock import midnight_ms

Days = npt.NDArray[np.datetime64]
IntArray = npt.NDArray[np.int64]
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Consecutive rows.

    Parameters
    ----------
    zone : str
        IANA name.
    grain : Grain
        How long a row is.
    edges : (k + 1,) datetime64[D]
        Local dates on which rows begin, and the one on which the last ends.
    edges_ms : (k + 1,) int64
        The same as instants [ms since 1970-01-01 UTC].
    """

    zone: str
    grain: Grain
    edges: Days
    edges_ms: IntArray

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def day(self) -> Days:
        """Local date on which each row begins."""
        return self.edges[:-1]

    @property
    def end(self) -> Days:
        """First local date that no longer belongs to each row."""
        return self.edges[1:]

    def rows(self, period: Period) -> slice:
        """Return the rows of a period."""
        first, last = np.searchsorted(self.edges, np.array([period.start, period.end], "datetime64[D]"))
        return slice(int(first), int(last))


def calendar_of(plan: Plan, grain: Grain) -> Calendar:
    """Return the rows of a plan, from the first day of its baseline to the last of its reporting period.

    Raises
    ------
    PlanError
        When periods are empty or overlap, or do not begin and end with months where months are compared.
    """
    check_periods(plan.baseline, plan.reporting)
    first, end = plan.baseline.start, plan.reporting.end
    if grain is Grain.MONTH:
        _check_months(plan)
        months = np.arange(np.datetime64(first, "M"), np.datetime64(end, "M") + 1)
        edges = months.astype("datetime64[D]")
    else:
        edges = np.arange(np.datetime64(first, "D"), np.datetime64(end, "D") + 1)
    zone = ZoneInfo(plan.plant.time_zone)
    instants = [midnight_ms(day, zone) for day in edges.tolist()]
    return Calendar(plan.plant.time_zone, grain, edges, np.array(instants, np.int64))


def check_periods(baseline: Period, reporting: Period) -> None:
    """Check that two periods hold days and that the second does not begin before the first ends.

    Raises
    ------
    PlanError
        Naming both.
    """
    for name, period in (("baseline", baseline), ("reporting", reporting)):
        if not _FIRST_YEAR <= period.start.year <= _LAST_YEAR:
            raise PlanError(
                f"{name} period starts {period.start}; years from {_FIRST_YEAR} to {_LAST_YEAR} are accepted"
            )
        if period.days < 1:
            raise PlanError(f"{name} period {period.start} to {period.end} holds no day; use an end after its start")
    if reporting.start < baseline.end:
        raise PlanError(
            f"the reporting period starts {reporting.start}, before the baseline ends {baseline.end}; "
            "use periods that do not overlap"
        )


def _check_months(plan: Plan) -> None:
    for name, period in (("baseline", plan.baseline), ("reporting", plan.reporting)):
        for day in (period.start, period.end):
            if day.day != 1:
                raise PlanError(f"{name} period: {day} is no first of a month; streams by month need whole months")
