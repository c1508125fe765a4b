"""The meters' own record of what they answered: written by `meters`, read by the verdict."""

import struct
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ANSWER = struct.Struct(">BQqqqI")
"""Unit, number, time told [ms], monotonic clock [ns], energy register [Wh], volume register [counts]."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a meter answered once.

    Parameters
    ----------
    number : int
        Counts the meter's answers from 1.
    t_ms : int
        The meter's time [ms since 1970-01-01 UTC].
    at_ns : int
        The machine's monotonic clock [ns].
    energy, volume : int
        What the registers showed [counts].
    """

    number: int
    t_ms: int
    at_ns: int
    energy: int
    volume: int


def read_answers(log: Path) -> dict[int, dict[int, Answer]]:
    """Return the answers by unit and number."""
    found: dict[int, dict[int, Answer]] = defaultdict(dict)
    for unit, number, *rest in ANSWER.iter_unpack(log.read_bytes()):
        found[unit][number] = Answer(number, *rest)
    return found
