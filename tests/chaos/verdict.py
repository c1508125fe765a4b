"""Is each reading that a meter answered in the store exactly once, unchanged, or named as lost?

The meters' own record is the truth. A reading may be missing only where a gateway was killed before its spool had
committed it: then the spool's cursor, read from the dead gateway's file, lies before it. Those are counted apart.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isclose

from chaos.answers import Answer
from chaos.held import Reading
from chaos.plant import Meter, gauges
from chaos.site import Point

IN_MEMORY_NS = 4_000_000_000
"""The agent hands what it read to the spool within a second; a commit on a busy machine may take some more [ns]."""
_LAST_ANSWER_NS = 200_000_000
"""A meter may still answer what a gateway asked that is dead [ns]."""
_SLACK_MS = 60_000
"""Between a meter's instant and that of the sample, which is the middle of the request [ms of the fast clock]."""
_NEAR_S = 5.0
"""How far the instant of a reading may lie from the meter's own [s of real time]: half a request on a busy machine."""


@dataclass(slots=True)
class Tally:
    """What was counted, and whatever does not hold."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def complain(self, where: object, what: str, examples: Sequence[object]) -> None:
        """Note something that does not hold, with its first examples."""
        if examples:
            self.wrong.append(f"{where}: {len(examples)} {what}, such as {list(examples[:3])}")


@dataclass(frozen=True, slots=True)
class Lost:
    """A range that the loss ledger names."""

    point: str
    first_ms: int
    last_ms: int
    samples: int
    reason: str

    @property
    def of_gauges(self) -> bool:
        """Whether the counters of these samples were kept."""
        return "gauges given up" in self.reason


@dataclass(frozen=True, slots=True)
class LifeEnd:
    """How a gateway was killed.

    Parameters
    ----------
    at_ns : int
        When [ns of the monotonic clock].
    cursor_ms : int
        Instant of the last reading that its spool had committed [ms since 1970-01-01 UTC].
    in_memory_ns : int
        How long a reading may have waited in memory: longer than usual while the spool's disk was full [ns].
    """

    at_ns: int
    cursor_ms: int
    in_memory_ns: int = IN_MEMORY_NS


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one metering point.

    Parameters
    ----------
    point : Point
        The metering point.
    meter : Meter
        What it counts.
    speed : int
        How much faster than real time its clock runs.
    answers : mapping of number to Answer
        What the meter answered.
    ends : sequence of LifeEnd
        When its gateway was killed.
    lost : sequence of Lost
        What the journal says was given up.
    """

    point: Point
    meter: Meter
    speed: int
    answers: dict[int, Answer]
    ends: Sequence[LifeEnd]
    lost: Sequence[Lost]


def judge_readings(case: Case, rows: Sequence[Reading], tally: Tally) -> None:
    """Compare the readings of one point with what its meter answered."""
    name = f"{case.point.plant}/{case.point.point}"
    instants = Counter(row.t_ms for row in rows)
    numbers = Counter(row.number for row in rows)
    tally.counts["sampled"] += len(case.answers)
    tally.counts["stored"] += len(rows)
    tally.counts["duplicates"] += sum(instants.values()) - len(instants) + sum(numbers.values()) - len(numbers)
    tally.complain(name, "instants stand twice", [t for t, times in instants.items() if times > 1])
    tally.complain(name, "readings stand at two instants", [n for n, times in numbers.items() if times > 1])
    tally.complain(name, "readings that the meter never gave", [row for row in rows if not _is_true(case, row)])
    missing = sorted(case.answers.keys() - numbers.keys())
    _judge_missing(case, rows, missing, tally)


def _is_true(case: Case, row: Reading) -> bool:
    answer = case.answers.get(row.number or 0)
    if answer is None or abs(answer.t_ms - row.t_ms) > _NEAR_S * 1000 * case.speed:
        return False
    shown = (row.energy, row.volume) == (answer.energy, answer.volume)
    return shown and _is_canonical(row, answer) and _has_its_gauges(case, row)


def _has_its_gauges(case: Case, row: Reading) -> bool:
    """Return whether gauges are as the meter showed them, or named as given up."""
    given_up = any(lost.of_gauges and lost.first_ms <= row.t_ms <= lost.last_ms for lost in case.lost)
    stored = (row.temperature_c, row.power_active_kw)
    return stored == gauges(row.number or 0) or (given_up and stored == (None, None))


def _is_canonical(row: Reading, answer: Answer) -> bool:
    pairs = ((row.energy_kwh, answer.energy / 1000), (row.volume_m3, answer.volume / 100))
    return all(stored is not None and isclose(stored, shown, rel_tol=1e-12) for stored, shown in pairs)


def _judge_missing(case: Case, rows: Sequence[Reading], missing: Sequence[int], tally: Tally) -> None:
    name = f"{case.point.plant}/{case.point.point}"
    number_at = {row.t_ms: row.number for row in rows}
    kept_up_to = [(end, _last_kept(case, number_at, end)) for end in case.ends]
    in_memory = {n for n in missing if any(_was_in_memory(case.answers[n], end, last) for end, last in kept_up_to)}
    given_up = [lost for lost in case.lost if not lost.of_gauges]
    named = {n for n in missing if n not in in_memory and any(_names(lost, case.answers[n]) for lost in given_up)}
    tally.counts["in memory of a killed gateway"] += len(in_memory)
    tally.counts["lost and named"] += len(named)
    _judge_told(case, rows, len(named), tally)
    silent = [case.answers[n] for n in missing if n not in in_memory and n not in named]
    tally.counts["lost in silence"] += len(silent)
    tally.complain(name, "readings are gone in silence", silent)


def _judge_told(case: Case, rows: Sequence[Reading], missing: int, tally: Tally) -> None:
    """Check that the loss ledger tells as many as are missing; it may tell of some that arrived before all the same."""
    name = f"{case.point.plant}/{case.point.point}"
    told = sum(lost.samples for lost in case.lost if not lost.of_gauges)
    told_gauges = sum(lost.samples for lost in case.lost if lost.of_gauges)
    bare = sum(row.temperature_c is None for row in rows)
    tally.counts["told as lost"] += told
    tally.counts["stored without their gauges"] += bare
    tally.counts["gauges told as given up"] += told_gauges
    if missing > told:
        tally.wrong.append(f"{name}: {missing} readings are missing as lost, the loss ledger tells {told}")
    if bare > told_gauges:
        tally.wrong.append(f"{name}: {bare} readings are without gauges, the loss ledger tells {told_gauges}")


def _last_kept(case: Case, number_at: dict[int, int | None], end: LifeEnd) -> int:
    """Return the number of the last reading that a killed gateway had committed."""
    known = number_at.get(end.cursor_ms)
    if known is not None:
        return known
    return max((n for n, answer in case.answers.items() if answer.t_ms <= end.cursor_ms), default=0)


def _was_in_memory(answer: Answer, end: LifeEnd, last_kept: int) -> bool:
    return answer.number > last_kept and -end.in_memory_ns <= answer.at_ns - end.at_ns <= _LAST_ANSWER_NS


def _names(lost: Lost, answer: Answer) -> bool:
    return lost.first_ms - _SLACK_MS <= answer.t_ms <= lost.last_ms + _SLACK_MS
