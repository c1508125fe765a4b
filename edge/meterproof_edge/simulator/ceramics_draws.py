"""What happens at the simulated ceramics works: how much it makes each day, and how far each use strays from its mean.

Every use has draws of its own, so a change of one leaves the others as they are, and a year with a measure and the
same year without it differ by the measure alone. Nothing here knows of any measure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from random import Random
from statistics import NormalDist

FIRST_DAY = date(2024, 1, 1)
END_DAY = date(2026, 1, 1)
"""The day after the last one that is drawn."""

_FULL_T = 118.0  # tonnes of tile a full day
_CAMPAIGN_DAYS = (12, 35)
_CAMPAIGN_LEVELS = (0.78, 1.06)  # of a full day: thin tile and large formats pass the kiln more slowly
_SUNDAY = 0.68  # the kiln goes on, sorting and glazing rest
_DAY_SPREAD = 0.05
_SUNDAY_LIKE = frozenset({(5, 1), (7, 28), (8, 12), (10, 13), (10, 23), (12, 5), (12, 10)})
_STOPPED = frozenset({(1, 1), (1, 2), (4, 12), (4, 13), (4, 14), (4, 15), (4, 16), (12, 31)})
"""New Year and Songkran: nothing leaves the kiln, which is kept hot. Days that follow the moon are left out."""
_STANDARD = NormalDist()
_SUNDAY_INDEX = 6


@dataclass(frozen=True, slots=True)
class Use:
    """How a use follows production, and how it strays.

    Parameters
    ----------
    idle : float
        What a day without production takes [unit/d].
    per_tonne : float
        What a tonne adds [unit/t].
    spread : float
        Standard deviation of a day's stray [unit/d].
    memory : float
        Correlation between the strays of two days that follow each other, 0 to below 1.
    """

    idle: float
    per_tonne: float
    spread: float
    memory: float


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the works.

    Parameters
    ----------
    on : date
        Local day.
    production_t : float
        What leaves the kiln [t].
    strays : mapping of use to float
        How far each use is from what production explains [unit/d].
    """

    on: date
    production_t: float
    strays: dict[str, float]


def drawn_days(uses: dict[str, Use], seed: int) -> tuple[Day, ...]:
    """Return every day from `FIRST_DAY` to `END_DAY`.

    Parameters
    ----------
    uses : mapping of name to Use
        What is used beside production.
    seed : int
        The same seed gives the same days.
    """
    days = [FIRST_DAY + timedelta(days=n) for n in range((END_DAY - FIRST_DAY).days)]
    production = _production(days, Random(f"{seed}/production"))  # noqa: S311 - a simulation, no secret
    strays = {
        name: list(_strays(use, len(days), Random(f"{seed}/{name}")))  # noqa: S311 - a simulation, no secret
        for name, use in uses.items()
    }
    return tuple(
        Day(day, tonnes, {name: strays[name][n] for name in uses})
        for n, (day, tonnes) in enumerate(zip(days, production, strict=True))
    )


def _production(days: list[date], random: Random) -> Iterator[float]:
    left, level = 0, 1.0
    for day in days:
        if not left:
            left = random.randint(*_CAMPAIGN_DAYS)
            level = random.uniform(*_CAMPAIGN_LEVELS)
        left -= 1
        tonnes = _FULL_T * level * (1.0 + _DAY_SPREAD * _normal(random))
        yield max(tonnes, 0.0) * _share_of_a_full_day(day)


def _share_of_a_full_day(day: date) -> float:
    place = (day.month, day.day)
    if place in _STOPPED:
        return 0.0
    return _SUNDAY if day.weekday() == _SUNDAY_INDEX or place in _SUNDAY_LIKE else 1.0


def _strays(use: Use, count: int, random: Random) -> Iterator[float]:
    """Yield a first-order autoregressive series that has its long-run spread from the first day on."""
    stray = use.spread * _normal(random)
    for _ in range(count):
        yield stray
        stray = use.memory * stray + sqrt(1.0 - use.memory**2) * use.spread * _normal(random)


def _normal(random: Random) -> float:
    """Return a standard normal number from one draw; unlike `Random.gauss` it is promised to stay what it is."""
    return _STANDARD.inv_cdf(max(random.random(), 1e-12))
