"""Counts one counter anew, as far as new readings can change its intervals, and no further.

The readings of a part are looked at with some around them, and what the ledger makes of them is compared with the
books. Intervals that come out the same on both sides show that nothing changes beyond them; where they do not, the look
is widened. Nothing is taken on trust from the books alone: a store without transactions may have been killed in the
middle of a replacement, and a hole looks like a time in which nothing was counted.

Whoever looks at the same readings again after such a kill sees every interval that was to be replaced - unless that
reached far beyond the readings. Then the journal says so first (`recount`), and a restart takes it up.
"""

from dataclasses import dataclass, replace

from meterproof_collector.ledger.interval_rows import (
    Difference,
    IntervalRows,
    difference,
    stored_rows,
    with_what_overlaps,
)
from meterproof_collector.ledger.point_reader import PointReader
from meterproof_collector.ledger.segments import SpecOf
from meterproof_collector.ledger.sight import Part, Sight, sight
from meterproof_collector.ledger.told_events import Decisions, ToldEvents, recount
from meterproof_core.storage import END_OF_TIME_MS, IntervalsStore, Journal, ReadingColumns, ReadingsStore, SeriesKey
from meterproof_mv.ledger import LedgerRules

_MOST_ROWS = 400_000
"""Where a look that was widened again and again gives up and the series is counted from its beginning."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The three storage ports."""

    readings: ReadingsStore
    intervals: IntervalsStore
    journal: Journal


@dataclass(frozen=True, slots=True, eq=False)
class _Comparison:
    """What was found in a part.

    Parameters
    ----------
    sight : Sight
        What the ledger makes of it.
    found : Difference
        Where the books differ.
    left, right : bool
        Whether nothing changes beyond what was compared, on that side.
    seen_from_ms : int
        From when on every look at the part compares, without being widened [ms since 1970-01-01 UTC].
    imported : IntervalRows or None
        What the books hold of files; None where nothing was compared.
    """

    sight: Sight
    found: Difference
    left: bool
    right: bool
    seen_from_ms: int
    imported: IntervalRows | None = None


@dataclass(slots=True, eq=False)
class SeriesCount:
    """Brings one counter's intervals up to date with a stretch of readings.

    Parameters
    ----------
    ports : Ports
        The three storage ports.
    reader : PointReader
        Reads the stretch.
    key : SeriesKey
        The counter.
    spec_of : callable
        What is known of it under each configuration.
    rules : LedgerRules
        Interval length, longest gap, confirmations.
    told : ToldEvents
        What the journal tells already.
    at_ms : int
        When events are entered in the journal [ms since 1970-01-01 UTC].
    """

    ports: Ports
    reader: PointReader
    key: SeriesKey
    spec_of: SpecOf
    rules: LedgerRules
    told: ToldEvents
    at_ms: int
    announced: bool = False
    from_the_beginning: bool = False
    open_behind: bool = False

    def run(self, part: Part, columns: ReadingColumns) -> None:
        """Go through the stretch part by part, and on behind it until nothing changes any more.

        Parameters
        ----------
        part : Part
            The first part of the stretch.
        columns : ReadingColumns
            What was read of it.
        """
        following: Part | None = part
        while following is not None:
            part = following
            compared = self._compare(part, columns)
            if compared is not None and not compared.left:
                self.from_the_beginning = True
                following = self.reader.part_from_the_beginning(part)
            elif self._is_done(part, compared):
                return
            else:
                following = self.reader.part_behind(part, columns)
            if following is not None:
                columns = self.reader.read(following, (self.key.quantity,))

    def _is_done(self, part: Part, compared: _Comparison | None) -> bool:
        """Put a part in place; return whether nothing changes behind it."""
        is_last = part.last_ms >= self.reader.stretch.last_ms
        if compared is None:
            return is_last
        self.open_behind = not (compared.sight.ends or compared.right)
        done = compared.sight.ends or (is_last and compared.right)
        self._settle(compared, goes_on=is_last and not done)
        return done

    def _compare(self, part: Part, columns: ReadingColumns) -> _Comparison | None:
        """Return what differs from the books; None when the part brings no register of this counter."""
        seen = self._look(part, columns)
        if not (seen.touched or self.open_behind or self.from_the_beginning):
            return None
        compared = self._with_the_books(seen)
        seen_from_ms = seen.reliable_from_ms
        while not compared.left and (self.from_the_beginning or len(columns.t_ms) <= _MOST_ROWS):
            part = self.reader.wider(part, columns)
            columns = self.reader.read(part, (self.key.quantity,))
            compared = self._with_the_books(self._look(part, columns))
        return replace(compared, seen_from_ms=seen_from_ms)

    def _look(self, part: Part, columns: ReadingColumns) -> Sight:
        return sight(part, self.key.quantity, columns, self.spec_of, rules=self.rules)

    def _with_the_books(self, seen: Sight) -> _Comparison:
        from_ms, to_ms = seen.reliable_from_ms, seen.reliable_to_ms
        if from_ms >= to_ms:
            return _Comparison(seen, Difference(0, 0, None), left=seen.begins, right=seen.ends, seen_from_ms=from_ms)
        stored = stored_rows(self.ports.intervals.read(self.key, from_ms, to_ms))
        imported = stored.imported()
        found = difference(seen.rows, stored[~imported].within(from_ms, to_ms))
        if found.period is not None:
            found = replace(found, period=with_what_overlaps(found.period, stored))
        return _Comparison(
            seen,
            found,
            left=seen.begins or _is_known_before(seen, found),
            right=seen.ends or _is_known_behind(seen, found),
            seen_from_ms=from_ms,
            imported=stored[imported],
        )

    def _settle(self, compared: _Comparison, *, goes_on: bool) -> None:
        """Put what differs in place; `goes_on` says that more may change behind the stretch."""
        seen, found = compared.sight, compared.found
        if found.period is not None:
            self._announce(compared, found.period, goes_on=goes_on)
        self._tell(compared)
        if found.period is not None:
            rows = seen.rows.within(*found.period)
            if compared.imported is not None:
                rows = rows.beside(compared.imported.beginning_in(*found.period))
            self.ports.intervals.replace(self.key, *found.period, rows.columns())

    def _announce(self, compared: _Comparison, period: tuple[int, int], *, goes_on: bool) -> None:
        """Say in the journal what is about to happen, where a later look at the same readings might not see it."""
        goes_far = self.from_the_beginning or period[0] < compared.seen_from_ms
        if self.announced or not (goes_far or (goes_on and self._has_intervals_behind(compared.sight))):
            return
        end_ms = END_OF_TIME_MS if self.from_the_beginning or goes_on else period[1]
        self.ports.journal.append([recount(self.key, (period[0], end_ms), self.at_ms)])
        self.announced = True

    def _has_intervals_behind(self, seen: Sight) -> bool:
        """Return whether the books have anything behind a part; if not, its readings wait for their own turn."""
        behind = self.ports.intervals.read(self.key, seen.reliable_to_ms, END_OF_TIME_MS, limit=1)
        return len(behind.start_ms) > 0

    def _tell(self, compared: _Comparison) -> None:
        """Tell the journal of decisions before their intervals are in place: killed between, both are done again."""
        from_ms, to_ms = _decided(compared)
        seen = compared.sight
        entries = self.told.news(Decisions(self.key, from_ms, to_ms, seen.events, seen.last_ms), self.at_ms)
        if entries:
            self.ports.journal.append(entries)
            self.told.told(entries)


def _decided(compared: _Comparison) -> tuple[int, int]:
    """Return where the decisions are those that all readings would lead to: half-open [start, end) [ms].

    From an interval on that comes out as it stands in the books, the ledger is in the same state as if it had begun
    with the first reading of all.
    """
    seen, rows = compared.sight, compared.sight.rows
    from_ms = seen.reliable_from_ms if seen.begins or seen.is_local else int(rows.end_ms[0])
    if seen.ends:
        return from_ms, END_OF_TIME_MS
    if compared.right:
        return from_ms, int(rows.start_ms[-1])
    return from_ms, int(rows.end_ms[-1]) if len(rows) else from_ms


def _is_known_before(seen: Sight, found: Difference) -> bool:
    """Return whether an interval before the part is in the books as it comes out, and all that differs lies behind."""
    if not found.before or int(seen.rows.end_ms[0]) > seen.left_ms:
        return False
    return found.period is None or found.period[0] >= int(seen.rows.end_ms[found.before - 1])


def _is_known_behind(seen: Sight, found: Difference) -> bool:
    """Return whether an interval behind the part is in the books as it comes out, and all that differs lies before."""
    rows = seen.rows
    if not len(rows) or int(rows.start_ms[-1]) < seen.right_ms:
        return False
    return found.period is None or found.behind > 0
