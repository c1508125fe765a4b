"""How long data are kept, as InfluxDB writes it. Pure."""

import re

FOR_GOOD = 0
"""A retention of 0 s: InfluxDB's own way to say for good."""
_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"(\d+)([wdhms])")


def parse_duration(text: str) -> int:
    """Return a duration such as ``2160h0m0s`` [s].

    >>> parse_duration("2160h0m0s")
    7776000
    """
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
