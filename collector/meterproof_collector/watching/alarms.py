"""What somebody should know or do, as values: each names the thing, since when, and what to do. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from meterproof_collector.messages.entries import CLOCK_AHEAD, STREAM_REUSED
from meterproof_collector.road.dead_letters import DeadLetter
from meterproof_collector.road.following import Gap
from meterproof_collector.road.storing import StoreTrouble, Trouble
from meterproof_core.storage import JournalEntry

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is not as it should be.

    Parameters
    ----------
    code : str
        Its kind, for machines.
    thing : str
        What it is about.
    since_ms : int
        Since when [ms since 1970-01-01 UTC]; 0 when that is not known.
    what, remedy : str
        For people: what is wrong, and what to do.
    is_failure : bool
        Whether the collector cannot do its work meanwhile; else only some data need a look.
    """

    code: str
    thing: str
    since_ms: int
    what: str
    remedy: str
    is_failure: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON may carry it."""
        return asdict(self)


_STORE_REMEDY: Mapping[Trouble, str] = {
    Trouble.AWAY: "look at the database; nothing is lost, gateways keep what is not answered",
    Trouble.ACCESS: "put account, database or bucket right: `meterproof store check`",
    Trouble.REFUSES: "it takes nothing of what comes: look at `dead-letters list`, then replay them",
}


def broker_alarm(name: str, since_ms: int) -> Alarm:
    """Return the alarm of a broker that is not reached."""
    return Alarm(
        "broker_away", name, since_ms, "the broker is not reached", "look at broker and account", is_failure=True
    )


def stopped_alarm(since_ms: int) -> Alarm:
    """Return the alarm of a collector whose threads have ended."""
    return Alarm(
        "stopped", "collector", since_ms, "a thread has ended", "look at the log, start it again", is_failure=True
    )


def store_alarm(trouble: StoreTrouble) -> Alarm:
    """Return the alarm of a store that fails."""
    remedy = _STORE_REMEDY[trouble.kind]
    return Alarm(str(trouble.kind), "store", trouble.since_ms, trouble.error, remedy, is_failure=trouble.is_failure)


def loss_alarms(entries: Iterable[JournalEntry]) -> list[Alarm]:
    """Return what was lost, by gateway and reason, from the journal's losses."""
    lost: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    for entry in entries:
        gateway = f"{entry.plant}/{entry.data.get('gateway', '')}"
        for one in entry.data.get("lost", ()):
            lost[gateway, str(one["reason"])].append((entry.at_ms, int(one["samples"]), str(one["point"])))
    return [
        Alarm(
            "loss",
            gateway,
            min(at_ms for at_ms, _, _ in rows),
            f"{sum(samples for _, samples, _ in rows)} samples of {_named(sorted({row[2] for row in rows}))}: {reason}",
            "they are in the loss ledger; the intervals there are spans. Give the spool more room, or mend its cause",
        )
        for (gateway, reason), rows in sorted(lost.items())
    ]


def letter_alarms(letters: Iterable[DeadLetter]) -> list[Alarm]:
    """Return the dead letters that nobody has taken care of, by plant."""
    waiting: dict[str, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        if letter.is_open:
            waiting[letter.entry.plant].append(letter)
    return [
        Alarm(
            "dead_letters",
            plant or "no plant",
            of_plant[0].entry.at_ms,
            f"{len(of_plant)} could not be stored; the last: {of_plant[-1].entry.data['reason']}",
            "`dead-letters list` and `show`; mend the cause, then `replay`",
        )
        for plant, of_plant in sorted(waiting.items())
    ]


def gap_alarms(gaps: Iterable[Gap]) -> list[Alarm]:
    """Return the batches that have not come though later ones have."""
    return [
        Alarm(
            "gap",
            f"{gap.plant}/{gap.gateway}/{gap.stream}",
            min(one.since_ms for one in gap.missing),
            f"missing seq {_named([_range(one.first, one.last) for one in gap.missing])}",
            "look whether the gateway still holds them, or has them in its loss ledger: `meterproof-edge status`",
        )
        for gap in gaps
    ]


def reused_alarms(events: Iterable[JournalEntry]) -> list[Alarm]:
    """Return the spool files that were put back from an image, or copied, as the journal's events tell."""
    return [
        Alarm(
            STREAM_REUSED,
            f"{event.plant}/{' and '.join(event.data['gateways'])}",
            event.at_ms,
            f"stream {event.data['stream']}: seq {event.data['seq']} came before with other content or elsewhere",
            "a spool file was put back or copied: give that gateway a new one; what came is stored",
        )
        for event in events
    ]


def clock_alarm(event: JournalEntry) -> Alarm:
    """Return the alarm of journal entries that lie ahead of our clock."""
    data = event.data
    return Alarm(
        CLOCK_AHEAD,
        str(data["writer"]),
        event.at_ms,
        f"its journal entry lies {data['ahead_ms'] / 60_000:,.0f} min ahead of this collector's clock",
        "put the clock right of the collector that wrote it, or of this one",
    )


def unknown_plant_alarms(messages: Mapping[str, int]) -> list[Alarm]:
    """Return the plants that send without being known."""
    remedy = "add it to [plants] known; its gateways keep what they have"
    return [Alarm("unknown_plant", plant, 0, f"{count} messages", remedy) for plant, count in sorted(messages.items())]


def point_alarms(waiting: Sequence[str], failed: Mapping[str, str]) -> list[Alarm]:
    """Return the points whose readings are stored but make no intervals."""
    without = [
        Alarm("configuration_missing", point, 0, "readings are stored, intervals wait", "let its gateway connect once")
        for point in waiting
    ]
    return without + [
        Alarm("intervals_missing", point, 0, why, "readings are stored; mend the cause, the ledger goes on by itself")
        for point, why in sorted(failed.items())
    ]


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
