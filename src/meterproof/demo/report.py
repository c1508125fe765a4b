"""What the demonstration says at its end: one table for people, one object for machines, the same figures."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run, as the server's own API tells it.

    Parameters
    ----------
    plant : mapping
        The plant's record.
    statement : mapping
        The savings result.
    readings_polled : int
        Samples that this run read over Modbus.
    readings_stored : int
        Samples that the store holds.
    data_set_kwh : float
        The simulator's own count of the energy in what was played [kWh].
    elapsed_s : float
        Wall-clock time of the run [s].
    resumed : bool
        Whether it went on where an earlier run ended.
    """

    plant: dict[str, Any]
    statement: dict[str, Any]
    readings_polled: int
    readings_stored: int
    data_set_kwh: float
    elapsed_s: float
    resumed: bool
    url: str


def ask(url: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON that a GET of our own server answers."""
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own loopback address
        return json.load(answer)
