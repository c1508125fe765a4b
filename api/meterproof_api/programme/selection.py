"""Which statements count at a cut-off date, and why the others do not; nothing is dropped without being named."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from meterproof_api.programme.statement_fields import Statement


class Reason(StrEnum):
    """Why a statement is left out."""

    UNUSABLE = "unusable"
    ISSUED_LATER = "issued_after_cut_off"
    PERIOD_NOT_OVER = "period_not_over"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    OVERLAP = "overlap"
    NO_FACTOR = "no_factor"
    EARLIER_YEAR = "earlier_year"


class Scope(StrEnum):
    """What it is left out of."""

    EVERYTHING = "everything"
    TONNES = "tonnes"
    ANNUAL = "annual"


_SCOPES = {Reason.NO_FACTOR: Scope.TONNES, Reason.EARLIER_YEAR: Scope.ANNUAL}


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A statement that is left out of something.

    Parameters
    ----------
    statement_id : str
        Or the name of the file, when no statement could be read from it.
    version : int or None
        Which version.
    plant : str
        Id; empty when unknown.
    simulated : bool or None
        None when unknown.
    reason : Reason
        Why.
    detail : str
        The other statement, the streams, the date or the fault behind it.
    verified_t : float or None
        What it would have added; None when no tonnes are known [t CO2e].
    """

    statement_id: str
    version: int | None
    plant: str
    simulated: bool | None
    reason: Reason
    detail: str
    verified_t: float | None

    @property
    def scope(self) -> Scope:
        """What it is left out of."""
        return _SCOPES.get(self.reason, Scope.EVERYTHING)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two statements on the same streams of a plant for the same days; one of them counts.

    Parameters
    ----------
    plant : str
        Id.
    simulated : bool
        Whether it is invented.
    streams : tuple of str
        What both claim.
    start, end : date
        The days that both claim, half-open.
    counted, left_out : str
        Statement ids.
    """

    plant: str
    simulated: bool
    streams: tuple[str, ...]
    start: date
    end: date
    counted: str
    left_out: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What counts.

    Parameters
    ----------
    counted : tuple of Statement
        By plant and reporting period; no two claim the same.
    exclusions : tuple of Exclusion
        Every other.
    overlaps : tuple of Overlap
        How overlaps were resolved.
    """

    counted: tuple[Statement, ...]
    exclusions: tuple[Exclusion, ...]
    overlaps: tuple[Overlap, ...]


def select(statements: Iterable[Statement], cut_off: date) -> Selection:
    """Return the statements that count at a date.

    The newest version that was issued up to the date counts, once its reporting period is over. Of two that act on the
    same streams of a plant on the same days, the one with the longer reporting period counts, then the one issued
    later; whether they claim anything does not matter, so that nobody picks the better part of a year.

    Parameters
    ----------
    statements : iterable of Statement
        All versions of all statements.
    cut_off : date
        Last day that counts.
    """
    current, exclusions = _current(statements, cut_off)
    overlaps: list[Overlap] = []
    counted, groups = _by_plant(current)
    for same in groups:
        kept, found = _without_overlaps(same)
        counted += kept
        overlaps += found
        left = {overlap.left_out: overlap.counted for overlap in reversed(found)}
        exclusions += [
            left_out(one, Reason.OVERLAP, left[one.statement_id]) for one in same if one.statement_id in left
        ]
    counted.sort(key=lambda one: (one.plant.id, one.reporting_period.start, one.statement_id))
    exclusions.sort(key=lambda one: (one.statement_id, one.version or 0, one.reason))
    return Selection(tuple(counted), tuple(exclusions), tuple(overlaps))


def newest_years(statements: Sequence[Statement]) -> tuple[frozenset[str], tuple[Exclusion, ...]]:
    """Return which statements tell a plant's annual rate, and those of earlier years, which do not.

    A rate of a year is not additive over years: of each stream of a plant the newest year alone counts.

    Parameters
    ----------
    statements : sequence of Statement
        Those that count.

    Returns
    -------
    frozenset of str
        Statement ids.
    tuple of Exclusion
        The earlier years.
    """
    alone, groups = _by_plant(one for one in statements if one.is_annual)
    told = {one.statement_id for one in alone}
    earlier: list[Exclusion] = []
    for same in groups:
        newest: dict[str, str] = {}
        for one in sorted(same, key=lambda one: one.reporting_period.start, reverse=True):
            replaced = sorted(one.linked_streams & newest.keys())
            if replaced:
                earlier.append(left_out(one, Reason.EARLIER_YEAR, newest[replaced[0]]))
                continue
            told.add(one.statement_id)
            newest |= dict.fromkeys(one.linked_streams, one.statement_id)
    return frozenset(told), tuple(earlier)


def without_tonnes(statements: Iterable[Statement]) -> Iterator[Exclusion]:
    """Yield what is claimed in units of use only, because no emission factor turns it into tonnes."""
    for one in statements:
        if not one.is_claimable:
            continue
        streams = [stream.id for stream in one.streams if stream.is_claimed and stream.tonnes is None]
        if streams:
            yield Exclusion(
                one.statement_id,
                one.version,
                one.plant.id,
                one.is_simulated,
                Reason.NO_FACTOR,
                ", ".join(streams),
                None,
            )


def left_out(statement: Statement, reason: Reason, detail: str) -> Exclusion:
    """Return the record of a statement that is left out."""
    tonnes = statement.verified_t if statement.tonnes else None
    return Exclusion(
        statement.statement_id,
        statement.version,
        statement.plant.id,
        statement.is_simulated,
        reason,
        detail,
        tonnes,
    )


def _current(statements: Iterable[Statement], cut_off: date) -> tuple[list[Statement], list[Exclusion]]:
    newest: dict[str, Statement] = {}
    exclusions: list[Exclusion] = []
    for one in sorted(statements, key=lambda one: (one.version, one.issued_at)):
        if one.issued_on > cut_off:
            exclusions.append(left_out(one, Reason.ISSUED_LATER, one.issued_on.isoformat()))
            continue
        before = newest.get(one.statement_id)
        if before is not None:
            same = before.version == one.version
            reason = Reason.DUPLICATE if same else Reason.SUPERSEDED
            exclusions.append(left_out(before, reason, f"{one.statement_id}.v{one.version}"))
        newest[one.statement_id] = one
    over = cut_off + timedelta(days=1)
    current = [one for one in newest.values() if one.reporting_period.end <= over]
    unfinished = [one for one in newest.values() if one.reporting_period.end > over]
    exclusions += [left_out(one, Reason.PERIOD_NOT_OVER, _last_day(one)) for one in unfinished]
    return current, exclusions


def _last_day(statement: Statement) -> str:
    return (statement.reporting_period.end - timedelta(days=1)).isoformat()


def _by_plant(statements: Iterable[Statement]) -> tuple[list[Statement], list[list[Statement]]]:
    """Return the statements that are the only one of their plant, and the groups of those that are not."""
    first: dict[str, Statement] = {}
    groups: dict[str, list[Statement]] = {}
    for one in statements:
        key = f"{one.is_simulated:d} {one.plant.id}"
        if key in groups:
            groups[key].append(one)
        elif key in first:
            groups[key] = [first.pop(key), one]
        else:
            first[key] = one
    return list(first.values()), list(groups.values())


def _without_overlaps(statements: Sequence[Statement]) -> tuple[list[Statement], list[Overlap]]:
    def rank(one: Statement) -> tuple[int, float, str]:
        return -one.days, -one.issued_at.timestamp(), one.statement_id

    kept: list[Statement] = []
    overlaps: list[Overlap] = []
    for one in sorted(statements, key=rank):
        found = [overlap for other in kept if (overlap := _overlap(other, one)) is not None]
        overlaps += found
        if not found:
            kept.append(one)
    return kept, overlaps


def _overlap(counted: Statement, other: Statement) -> Overlap | None:
    streams = counted.linked_streams & other.linked_streams
    start = max(counted.reporting_period.start, other.reporting_period.start)
    end = min(counted.reporting_period.end, other.reporting_period.end)
    if not streams or end <= start:
        return None
    return Overlap(
        plant=counted.plant.id,
        simulated=counted.is_simulated,
        streams=tuple(sorted(streams)),
        start=start,
        end=end,
        counted=counted.statement_id,
        left_out=other.statement_id,
    )
