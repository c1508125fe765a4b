"""Dead letters, listed and taken up again: by a newer version, a store put right, or a plant that is known by now.

Works on the journal port alone, and on whatever takes messages in: the running collector, or a command beside it.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from meterproof_collector.messages.entries import REPLAYED, replay_told
from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road.road import Outcome
from meterproof_core.errors import DataError, StoreError
from meterproof_core.storage import EntryKind, Journal, JournalEntry

_FIRST_LOOK = 1000
"""Newest letters among which one is looked for first: each may carry 64 KiB."""
Process = Callable[[Sequence[Delivered]], Outcome]
"""Takes messages in: `Road.process`."""


class Result(StrEnum):
    """What became of a dead letter that was replayed."""

    STORED = "stored"
    PARTLY = "partly stored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a dead letter: the result, and the reason where something is still refused."""

    letter: str
    result: Result
    reason: str = ""

    def as_data(self) -> dict[str, str]:
        """Return it as JSON may carry it."""
        return {"letter": self.letter, "result": str(self.result), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be stored.

    Parameters
    ----------
    entry : JournalEntry
        As it stands in the journal.
    replays : sequence of str
        Results of the replays so far, oldest first.
    """

    entry: JournalEntry
    replays: Sequence[str] = ()

    @property
    def is_open(self) -> bool:
        """Whether no replay has taken care of it yet: of what is partly stored, a letter of its own holds the rest."""
        return not {Result.STORED, Result.PARTLY} & set(self.replays)

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON may carry it, without its payload."""
        shown = {key: value for key, value in self.entry.data.items() if key != "payload_base64"}
        head = {"letter": self.entry.entry_id, "plant": self.entry.plant, "at_ms": self.entry.at_ms}
        return {**head, **shown, "replays": list(self.replays), "open": self.is_open}


def listed(
    journal: Journal, *, plant: str | None = None, since_ms: int = 0, limit: int | None = None
) -> list[DeadLetter]:
    """Return the dead letters of a plant, or of all, that were written at or after a time, oldest first.

    Parameters
    ----------
    journal : Journal
        Where they stand.
    plant : str or None
        Of one plant; empty for those whose plant is not known.
    since_ms : int
        From when on [ms since 1970-01-01 UTC].
    limit : int or None
        The newest so many.
    """
    letters = journal.read([EntryKind.DEAD_LETTER], plant, since_ms, limit=limit)
    if not letters:
        return []
    replays: dict[str, list[str]] = {}
    for entry in journal.read([EntryKind.EVENT], plant, letters[0].at_ms):
        if entry.data.get("code") == REPLAYED:
            replays.setdefault(str(entry.data["letter"]), []).append(str(entry.data["result"]))
    return [DeadLetter(entry, replays.get(entry.entry_id, ())) for entry in letters]


def find(journal: Journal, letter: str) -> DeadLetter:
    """Return the dead letter of an id, or of its beginning.

    Raises
    ------
    DataError
        When none or several have it.
    """
    for limit in (_FIRST_LOOK, None):
        letters = listed(journal, limit=limit)
        exact = [one for one in letters if one.entry.entry_id == letter]
        if exact:
            return exact[0]
    found = [one for one in letters if letter and _is_named(one.entry.entry_id, letter)]
    if len(found) != 1:
        how_many = f"{len(found)} dead letters begin so" if found else "no dead letter has it"
        raise DataError(f"dead letter {letter!r}: {how_many}; use an id that `dead-letters list` shows")
    return found[0]


def replay(journal: Journal, letter: DeadLetter, process: Process, at_ms: int) -> Replay:
    """Take a dead letter in again, say in the journal what became of it, and return that.

    Parameters
    ----------
    journal : Journal
        Where the letter stands.
    letter : DeadLetter
        What is replayed.
    process : callable
        Takes messages in.
    at_ms : int
        When it is [ms since 1970-01-01 UTC].

    Raises
    ------
    DataError
        When its payload was too long to be kept.
    StoreError
        When the store fails; then nothing is said, and the same may be tried again.
    """
    data = letter.entry.data
    payload = base64.b64decode(data["payload_base64"])
    if len(payload) != data["bytes"]:
        raise DataError(f"{letter.entry.entry_id}: {data['bytes']} bytes came, {len(payload)} are kept: not replayable")
    done, arrivals = _replayed(letter, process, Delivered(data["topic"], payload, letter=letter.entry.entry_id))
    told: Mapping[str, object] = {"result": str(done.result), "reason": done.reason}
    journal.append([replay_told(letter.entry, told, at_ms, arrivals=arrivals)])
    return done


def _replayed(letter: DeadLetter, process: Process, delivered: Delivered) -> tuple[Replay, Sequence[JournalEntry]]:
    name = letter.entry.entry_id
    try:
        outcome = process([delivered])
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - the very fault that made it a dead letter may still be there
        return Replay(name, Result.REFUSED, f"{type(error).__name__}: {error}"), ()
    if not outcome.letters:
        return Replay(name, Result.STORED), outcome.arrivals
    reason = str(outcome.letters[0].data["reason"])
    return Replay(name, Result.PARTLY if outcome.arrivals else Result.REFUSED, reason), outcome.arrivals


def _is_named(entry_id: str, letter: str) -> bool:
    return entry_id.startswith(letter) or entry_id.removeprefix("dead-letter/").startswith(letter)
