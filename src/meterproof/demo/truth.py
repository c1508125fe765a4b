"""Holds the simulated works' statement against what the simulator knows, once it is issued; nothing follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from meterproof.demo.ceramics_works import CERAMICS_WORKS
from meterproof.demo.statements import DemoStatement
from meterproof_edge.simulator.ceramics_works import CeramicsWorks

_STREAM = "kiln-gas"


@dataclass(frozen=True, slots=True)
class KnownSaving:
    """What a simulated measure saved, beside what was found.

    Parameters
    ----------
    plant, stream : str
        Where.
    unit : str
        Of the amounts.
    amount : float
        The truth, as the simulator knows it [unit].
    lower, upper : float
        The statement's two-sided interval [unit].
    confidence : float
        Of the interval, as a fraction.
    """

    plant: str
    stream: str
    unit: str
    amount: float
    lower: float
    upper: float
    confidence: float

    @property
    def in_interval(self) -> bool:
        """Whether the interval holds the truth: so often as its confidence says, and not always."""
        return self.lower <= self.amount <= self.upper

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able; the interval stands in the statement."""
        told = {name: getattr(self, name) for name in ("plant", "stream", "unit", "amount")}
        return {**told, "in_interval": self.in_interval}


def known_savings(statements: Sequence[DemoStatement]) -> tuple[KnownSaving, ...]:
    """Return the known savings of the statements whose reporting period was played whole."""
    return tuple(
        _known(statement, stream)
        for statement in statements
        if statement.plant_id == CERAMICS_WORKS.id
        for stream in statement.document["streams"]
        if stream["id"] == _STREAM and _is_whole(stream)
    )


def _is_whole(stream: dict[str, Any]) -> bool:
    period, savings = stream["reporting"], stream["savings"]
    return savings is not None and savings["lower"] is not None and period["known_rows"] == period["rows"]


def _known(statement: DemoStatement, stream: dict[str, Any]) -> KnownSaving:
    period, savings = statement.document["reporting_period"], stream["savings"]
    start, end = (date.fromisoformat(period[key]) for key in ("start", "end"))
    return KnownSaving(
        plant=statement.plant_id,
        stream=stream["id"],
        unit=stream["unit"],
        amount=CeramicsWorks().true_saving_m3(start, end),
        lower=savings["lower"],
        upper=savings["upper"],
        confidence=savings["confidence"],
    )
