"""Says whether enough of a period was measured for a claim to rest on.

What is missing is seldom missing by chance: a meter fails in a stoppage, a line is cut while something is rebuilt.
"""

from collections.abc import Iterator, Mapping

from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models.sufficiency import holes, measured
from meterproof_mv.observations import Observations
from meterproof_mv.thresholds import THRESHOLDS
from meterproof_mv.timing import Interval

_DAYS_A_ROW: Mapping[Interval, float] = {
    Interval.HOURLY: 1 / 24,  # or finer: then it is fewer days still
    Interval.DAILY: 1,
    Interval.WEEKLY: 7,
    Interval.MONTHLY: 28,  # at least
}


def too_many_missing(count: int, of: int) -> bool:
    """Return whether so many of a period's days are missing that nothing can be claimed.

    Examples
    --------
    >>> too_many_missing(37, 365), too_many_missing(38, 365)
    (False, True)
    """
    return count / of > THRESHOLDS["missing_share"].value


def missing_findings(observations: Observations, period: str) -> Iterator[Finding]:
    """Yield a refusal when too many of a period's daily or finer rows are missing.

    Parameters
    ----------
    observations : Observations
        At least one row.
    period : str
        ``baseline`` or ``reporting``.
    """
    if observations.interval not in (Interval.DAILY, Interval.HOURLY):
        return
    count = holes(observations) + len(observations.missing)
    of = len(observations) + count
    if too_many_missing(count, of):
        limit = THRESHOLDS["missing_share"].value
        message = f"{period} period: {count} of {of} rows are missing; a claim allows {limit:.1%} at most"
        yield measured("missing_share", "days_incomplete", Severity.REFUSAL, message, period=period, count=count, of=of)


def short_findings(observations: Observations, period: str) -> Iterator[Finding]:
    """Yield a finding when a period is too short for a claim; rows of unknown length are not judged.

    Parameters
    ----------
    observations : Observations
        Its rows.
    period : str
        ``baseline`` or ``reporting``.
    """
    days_a_row = _DAYS_A_ROW.get(observations.interval)
    least = THRESHOLDS[f"{period}_days"].value
    if days_a_row is None or len(observations) >= least / days_a_row:
        return
    days = int(len(observations) * days_a_row)
    message = f"{period} period: {days} days were measured whole; a claim needs {least:g}"
    yield measured(f"{period}_days", f"{period}_short", Severity.WARNING, message, days=days)
