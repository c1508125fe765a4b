"""Follows one counter through its samples and tells apart what else a register can do than count.

A sample lies *on the line* when the register has risen by no more than the largest plausible rate allows, or has
stepped back by rounding only (then the last value is held). Any other sample puts the line under suspicion. The
suspicion ends in one of two ways, whichever comes first: a later sample lies on the old line again (what lay between
was a glitch), or a number of consecutive samples stand on a new line, and `verdicts` says what it is. One reading
alone never decides.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from meterproof_mv.ledger.counters import Counter
from meterproof_mv.ledger.samples import Registers, Samples
from meterproof_mv.ledger.values import LedgerEvent, LedgerRules
from meterproof_mv.ledger.verdicts import Confirmation, Count, Dropped, Step, glitch, step_back, unsettled, verdict


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The good samples of a series.

    Parameters
    ----------
    t_ms : (n,) int64
        Strictly rising [ms since 1970-01-01 UTC].
    register : (n,) int64 or float64
        As read, or held where it stepped back [counts].
    turns : (n,) int64
        What rollovers have added up to here [counts].
    segment : (n,) int64
        Rises by one where the counting broke: what was counted between two segments is unknown.
    events : tuple of LedgerEvent
        The decisions.
    provisional_from_ms : int or None
        First sample of a suspicion without an end.
    """

    t_ms: npt.NDArray[np.int64]
    register: Registers
    turns: npt.NDArray[np.int64]
    segment: npt.NDArray[np.int64]
    events: tuple[LedgerEvent, ...]
    provisional_from_ms: int | None


def follow(samples: Samples, counter: Counter, rules: LedgerRules) -> Line:
    """Return the good samples, and the decisions that led to them."""
    return _Follower(samples, counter, rules).follow()


@dataclass(slots=True)
class _Candidate:
    """Consecutive samples that may become the new line."""

    first: int
    last: int
    held: dict[int, Count]
    value: Count


@dataclass(slots=True, eq=False)
class _Follower:
    samples: Samples
    counter: Counter
    rules: LedgerRules
    good: npt.NDArray[np.bool_] = field(init=False)
    held: dict[int, Count] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    events: list[LedgerEvent] = field(default_factory=list)
    provisional_from: int | None = None

    def follow(self) -> Line:
        self.good = np.ones(len(self.samples.t_ms), dtype=bool)
        suspicious = self._suspicious_steps()
        place, value = 0, None
        while True:
            if value is None:
                following = np.searchsorted(suspicious, place)
                if following == len(suspicious):
                    break
                place = int(suspicious[following])
                value = self._register(place)
            if place + 1 == len(self.good):
                break
            place, value = self._step(place, value)
        return self._line()

    def _suspicious_steps(self) -> npt.NDArray[np.intp]:
        """Return the samples whose successor does not simply count on: all that needs a closer look."""
        register = self.samples.register
        rise = np.diff(register)
        limit = np.diff(self.samples.t_ms) * self.counter.counts_per_ms
        limit += self._tolerance if self._is_even else self._tolerances(register[:-1])
        suspicious = (rise < 0) | (rise > limit)
        if len(register) and register.min() < 0:  # then a difference may leave 64 bits, and come back with another sign
            suspicious |= register[1:] < register[:-1]
        return np.flatnonzero(suspicious)

    @property
    def _is_even(self) -> bool:
        """Whether the register has the same smallest step wherever it stands."""
        return self.counter.significand_bits is None

    @property
    def _tolerance(self) -> float:
        return self.rules.step_back_resolutions * self.counter.resolution

    def _tolerances(self, register: Registers) -> npt.NDArray[np.float64]:
        return self.rules.step_back_resolutions * self.counter.steps_at(register)

    def _tolerance_at(self, value: Count) -> float:
        return self._tolerance if self._is_even else float(self._tolerances(np.asarray(value)))

    def _register(self, place: int) -> Count:
        value: Count = self.samples.register[place].item()
        return value

    def _t(self, place: int) -> int:
        return int(self.samples.t_ms[place])

    def _between(self, place: int, value: Count, following: int) -> Step:
        start, end = self._t(place), self._t(following)
        limit = (end - start) * self.counter.counts_per_ms + self._tolerance_at(value)
        return Step(start, end, value, self._register(following), limit)

    def _next_value(self, place: int, value: Count, following: int) -> Count | None:
        """Return the register at a later sample if that lies on the line, held if it stepped back; None if not."""
        step = self._between(place, value, following)
        rise = step.after - value
        if rise > step.limit:
            return None
        if rise >= 0:
            return step.after
        return None if self.counter.never_steps_back or rise < -self._tolerance_at(value) else value

    def _step(self, place: int, value: Count) -> tuple[int, Count | None]:
        """Go on by one sample, or to the end of a suspicion; the value is None again where plain counting resumes."""
        following = place + 1
        found = self._next_value(place, value, following)
        if found is None:
            return self._end_of_suspicion(place, value)
        if found == self._register(following):
            return following, None
        if place not in self.held:
            self.events.append(step_back(self._between(place, value, following), self._tolerance_at(value)))
        self.held[following] = found
        return following, found

    def _end_of_suspicion(self, place: int, value: Count) -> tuple[int, Count | None]:
        candidate: _Candidate | None = None
        for following in range(place + 1, len(self.good)):
            back = self._next_value(place, value, following)
            if back is not None:
                self._drop(place, following, value)
                return self._resume(following, back)
            candidate = self._stand(candidate, following)
            if candidate.last - candidate.first + 1 >= self.rules.confirmations:
                return self._take(candidate, place, value)
        return self._wait(place, value)

    def _wait(self, place: int, value: Count) -> tuple[int, Count | None]:
        """Give nothing out behind a suspicion that has no end yet."""
        last = len(self.good) - 1
        self.good[place + 1 :] = False
        self.provisional_from = self._t(place + 1)
        if self._t(last) - self.provisional_from >= self.rules.interval_ms:
            self.events.append(unsettled(self._between(place, value, place + 1), self.counter))
        return last, None

    def _resume(self, place: int, value: Count) -> tuple[int, Count | None]:
        if value == self._register(place):
            return place, None
        self.held[place] = value
        return place, value

    def _stand(self, candidate: _Candidate | None, following: int) -> _Candidate:
        """Return the candidate with one more sample, or a new one that starts at it."""
        if candidate is not None:
            value = self._next_value(candidate.last, candidate.value, following)
            if value is not None:
                if value != self._register(following):
                    candidate.held[following] = value
                candidate.last, candidate.value = following, value
                return candidate
        return _Candidate(following, following, {}, self._register(following))

    def _take(self, candidate: _Candidate, place: int, value: Count) -> tuple[int, Count | None]:
        """Make a confirmed candidate the line."""
        self._drop(place, candidate.first, value)
        self.held.update(candidate.held)
        confirmation = Confirmation(candidate.last - candidate.first + 1, self._t(candidate.last))
        event = verdict(self._between(place, value, candidate.first), confirmation, self.counter)
        self.events.append(event)
        if event.code == "rollover":
            self.turns[candidate.first] = event.data["modulus"]
        else:
            self.breaks.append(candidate.first)
        return self._resume(candidate.last, candidate.value)

    def _drop(self, place: int, following: int, value: Count) -> None:
        if following == place + 1:
            return
        self.good[place + 1 : following] = False
        registers = self.samples.register[place + 1 : following]
        dropped = Dropped(
            samples=len(registers),
            lowest=registers.min().item(),
            highest=registers.max().item(),
            back_ms=self._t(following),
            back=self._register(following),
        )
        self.events.append(glitch(self._between(place, value, place + 1), dropped, self.counter))

    def _line(self) -> Line:
        register = self.samples.register
        if self.held:
            register = register.copy()
            register[list(self.held)] = list(self.held.values())
        size = len(self.good)
        turns, segment = np.zeros(size, np.int64), np.zeros(size, np.int64)
        for place, counts in self.turns.items():
            turns[place:] += counts
        for place in self.breaks:
            segment[place:] += 1
        columns = (self.samples.t_ms, register, turns, segment)
        if not self.good.all():
            columns = tuple(column[self.good] for column in columns)  # type: ignore[assignment]
        return Line(*columns, tuple(self.events), self.provisional_from)
