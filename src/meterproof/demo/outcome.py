"""What came of a run of the demonstration, as the server's own API tells it: values, printed elsewhere."""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from meterproof.demo.played import PlayedCounter, PlayedPlant
from meterproof.demo.statements import DemoStatement
from meterproof_core.quantities import quantity

_TIMEOUT_S = 60.0
_QUARTER_MS = 900_000
ENERGY_UNIT = "kWh"


@dataclass(frozen=True, slots=True)
class Played:
    """What only the run itself knows of a plant.

    Parameters
    ----------
    plant : PlayedPlant
        Which one.
    days : int
        How many days of its year were played.
    readings_polled : int
        Samples that this run read over Modbus.
    simulated : tuple of float
        The simulator's own count of what flowed, by counter [canonical unit].
    resumed : bool
        Whether it went on where an earlier run ended.
    """

    plant: PlayedPlant
    days: int
    readings_polled: int
    simulated: tuple[float, ...]
    resumed: bool


@dataclass(frozen=True, slots=True)
class CounterOutcome:
    """What the store holds of a counter in what was played.

    Parameters
    ----------
    counter : PlayedCounter
        Which one.
    unit : str
        Its canonical unit.
    intervals, spans : int
        Intervals of the ledger, and stretches whose distribution is unknown.
    amount : float
        Sum of the stored intervals and spans [unit].
    simulated : float
        The simulator's own count [unit].
    """

    counter: PlayedCounter
    unit: str
    intervals: int
    spans: int
    amount: float
    simulated: float


@dataclass(frozen=True, slots=True)
class PlantOutcome:
    """The outcome of a plant that was played, as the server's own API tells it.

    Parameters
    ----------
    played : Played
        What the run knows.
    record : mapping
        The plant's record.
    counters : tuple of CounterOutcome
        In the plant's order; the first is its electricity.
    readings_stored : int
        Samples that the store holds.
    """

    played: Played
    record: Mapping[str, Any]
    counters: tuple[CounterOutcome, ...]
    readings_stored: int

    @property
    def readings_polled(self) -> int:
        """Samples that this run read over Modbus."""
        return self.played.readings_polled

    @property
    def intervals(self) -> int:
        """Intervals of all its counters."""
        return sum(counter.intervals for counter in self.counters)

    @property
    def spans(self) -> int:
        """Stretches of all its counters whose distribution is unknown."""
        return sum(counter.spans for counter in self.counters)

    @property
    def expected_intervals(self) -> int:
        """Intervals that what was played has."""
        plant = self.played.plant
        return len(self.counters) * ((plant.end_ms(self.played.days) - plant.start_ms) // _QUARTER_MS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run.

    Parameters
    ----------
    url : str
        The server's front page.
    plants : tuple of PlantOutcome
        Those that were played.
    records : tuple of mapping
        Those of every plant, played or not.
    statements : tuple of DemoStatement
        One a plant.
    elapsed_s : float
        Wall-clock time of the run [s].
    """

    url: str
    plants: tuple[PlantOutcome, ...]
    records: tuple[Mapping[str, Any], ...]
    statements: tuple[DemoStatement, ...]
    elapsed_s: float = 0.0

    @property
    def completeness(self) -> float:
        """Share of the expected intervals that are there."""
        return sum(plant.intervals for plant in self.plants) / sum(plant.expected_intervals for plant in self.plants)

    def of(self, plant_id: str) -> PlantOutcome:
        """Return the outcome of a plant that was played."""
        return next(plant for plant in self.plants if plant.played.plant.id == plant_id)

    def after(self, elapsed_s: float) -> "Outcome":
        """Return the same with how long it took [s]."""
        return replace(self, elapsed_s=elapsed_s)


def ask(url: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON that a GET of our own server answers."""
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own loopback address
        return json.load(answer)


def outcome(url: str, played: Sequence[Played], statements: Sequence[DemoStatement]) -> Outcome:
    """Return the outcome of a run, asked from the server over HTTP."""
    records = ask(f"{url}/api/v1/plants")["plants"]
    return Outcome(
        url=url,
        plants=tuple(_plant_outcome(url, one) for one in played),
        records=tuple(records),
        statements=tuple(statements),
    )


def _plant_outcome(url: str, played: Played) -> PlantOutcome:
    base = f"{url}/api/v1/plants/{played.plant.id}"
    points = ask(f"{base}/points")
    pairs = zip(played.plant.counters, played.simulated, strict=True)
    return PlantOutcome(
        played=played,
        record=ask(base),
        counters=tuple(_counter_outcome(base, played, counter, simulated) for counter, simulated in pairs),
        readings_stored=sum(point["readings"] for point in points["points"]),
    )


def _counter_outcome(base: str, played: Played, counter: PlayedCounter, simulated: float) -> CounterOutcome:
    plant = played.plant
    period = f"start={plant.first_day}&end={plant.end_day(played.days)}"
    asked = f"{base}/points/{counter.point}/intervals?quantity={counter.quantity}&{period}&level=15min"
    columns = ask(asked)
    is_span = columns["is_span"]
    return CounterOutcome(
        counter=counter,
        unit=quantity(counter.quantity).unit,
        intervals=is_span.count(False),
        spans=is_span.count(True),
        amount=sum(columns["amount"]),
        simulated=simulated,
    )
