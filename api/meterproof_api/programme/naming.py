"""What people call the programme's keys: countries, sectors, techniques, reasons, columns."""

from meterproof_api.programme.columns import SEVERAL, UNKNOWN
from meterproof_api.programme.rows import STATES, TOTAL
from meterproof_api.wording import knows, say

_OPTIONS = "options_"
_OWN = (SEVERAL, UNKNOWN, TOTAL)


def key_label(key: str) -> str:
    """Return what people call a country, a sector or a technique; a sector without a word of its own keeps its key."""
    if key in _OWN:
        return say(f"programme.{key}")
    for table in ("technique", "country"):
        if knows(f"{table}.{key}"):
            return say(f"{table}.{key}")
    return key.replace("_", " ")


def column_label(name: str) -> str:
    """Return the head of a column, with its unit."""
    state = name.removeprefix(_OPTIONS)
    if state in STATES and name.startswith(_OPTIONS):
        return say("programme_column.option", state=say(f"option_state.{state}"))
    return say(f"programme_column.{name}")


def outcome_label(status: str) -> str:
    """Return an outcome in words."""
    return say(f"status.{status}")


def reason_label(reason: str) -> str:
    """Return why a statement is left out."""
    return say(f"programme_reason.{reason}")


def scope_label(scope: str) -> str:
    """Return what it is left out of."""
    return say(f"programme_scope.{scope}")
