"""Is every number of every stream accounted for, is every malformed payload a dead letter, and how did processes end?"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence

from chaos.held import Entry, Held
from chaos.malformed import Letter
from chaos.service import Service
from chaos.verdict import Lost, Tally

_KEPT_BYTES = 64 * 1024  # of a dead letter's payload


def judge_streams(held: Held, newest: Mapping[str, int], tally: Tally) -> None:
    """Check that each number that a spool gave out arrived once, as readings or as a loss.

    Parameters
    ----------
    held : Held
        What the store holds.
    newest : mapping of stream to int
        The last number that each spool gave out, from its file.
    tally : Tally
        Takes what does not hold.
    """
    arrivals = held.entries("arrival")
    told = [entry for entry in held.journal if entry.kind == "arrival"]
    tally.counts["batches sent"] += sum(newest.values())
    tally.counts["batches stored"] += len(arrivals)
    tally.counts["arrivals told twice"] += len(told) - len(arrivals)
    numbers = Counter((entry.data["stream"], entry.data["seq"]) for entry in arrivals)
    tally.complain("journal", "batches stand twice", [name for name, times in numbers.items() if times > 1])
    losses = {(entry.data["stream"], entry.data["seq"]) for entry in held.entries("loss") if "seq" in entry.data}
    gave_up = {entry.data["stream"] for entry in held.entries("loss") if _tells_of_readings(entry)}
    for stream, last in newest.items():
        gone = [seq for seq in range(1, last + 1) if (stream, seq) not in numbers and (stream, seq) not in losses]
        if stream in gave_up:  # its loss ledger names the readings, which are counted one by one
            tally.counts["batches given up"] += len(gone)
        else:
            tally.complain(f"stream {stream}", "numbers arrived neither as readings nor as a loss", gone)
    strange = sorted(name for name in numbers if name[0] not in newest or not 0 < name[1] <= newest[name[0]])
    tally.complain("journal", "batches are of no spool", strange)
    rows = sum(rows for entry in arrivals for _, _, rows in entry.data["points"].values())
    stored = sum(len(readings) for readings in held.readings.values())
    if rows != stored:
        tally.wrong.append(f"journal: its arrivals brought {rows} readings, {stored} are stored")


def _tells_of_readings(loss: Entry) -> bool:
    return any("gauges given up" not in one["reason"] for one in loss.data.get("lost", ()))


def lost_ranges(held: Held) -> dict[tuple[str, str], list[Lost]]:
    """Return what the journal's losses name, by plant and point."""
    found: dict[tuple[str, str], list[Lost]] = {}
    for entry in held.entries("loss"):
        for one in entry.data.get("lost", ()):
            lost = Lost(**{name: one[name] for name in Lost.__dataclass_fields__})
            found.setdefault((entry.plant, lost.point), []).append(lost)
    return found


def dead_letters(held: Held) -> dict[Letter, str]:
    """Return topic and payload, as far as it is kept, of every dead letter, with its reason."""
    return {
        (entry.data["topic"], base64.b64decode(entry.data["payload_base64"])): entry.data["reason"]
        for entry in held.entries("dead_letter")
    }


def as_kept(letter: Letter) -> Letter:
    """Return a letter as a dead letter keeps it."""
    return letter[0], letter[1][:_KEPT_BYTES]


def judge_dead_letters(held: Held, sent: Sequence[Letter], tally: Tally) -> None:
    """Check that the dead letters are the malformed payloads, and nothing else."""
    found, wanted = dead_letters(held), {as_kept(letter) for letter in sent}
    tally.counts["malformed published"] += len(wanted)
    tally.counts["dead letters"] += len(found)
    tally.complain("dead letters", "malformed payloads have none", sorted(wanted - found.keys()))
    good = [(topic, payload[:80], found[topic, payload]) for topic, payload in sorted(found.keys() - wanted)]
    tally.complain("dead letters", "are of good messages", good)


def judge_processes(services: Sequence[Service], tally: Tally) -> None:
    """Check that no process ended but by our hand, and that none told of a bug."""
    for service in services:
        for life in service.lives:
            tally.counts["lives of processes"] += 1
            tally.counts["killed"] += life.by_us
            if not life.by_us and life.ended != 0:
                tally.wrong.append(f"{service.name} ended with {life.ended}: {life.log}")
            if b"Traceback (most recent call last)" in life.log.read_bytes():
                tally.wrong.append(f"{service.name} told of a bug: {life.log}")
