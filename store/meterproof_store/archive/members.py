"""The names of the files in an archive."""

import re
from urllib.parse import quote

JOURNAL = "journal.jsonl"
_OURS = re.compile(r"manifest\.json|journal\.jsonl|(?:readings|intervals)(?:/[^/\x00-\x1f]+){2,3}\.jsonl")


def readings_member(plant: str, point: str) -> str:
    """Return the name of the file with a metering point's readings."""
    return f"readings/{_part(plant)}/{_part(point)}.jsonl"


def intervals_member(plant: str, point: str, quantity: str) -> str:
    """Return the name of the file with a series' intervals."""
    return f"intervals/{_part(plant)}/{_part(point)}/{_part(quantity)}.jsonl"


def is_member(name: str) -> bool:
    """Return whether an archive of ours may hold a file of that name."""
    return _OURS.fullmatch(name) is not None


def _part(name: str) -> str:
    return quote(name, safe="") or "%"
