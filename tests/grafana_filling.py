"""Fills the variables of a query as Grafana does, so that a test can ask the database what a panel would ask.

The rules are those of Grafana's documentation on variable syntax: `raw` puts the value as it is, `regex` escapes it and
makes a group of several; `$timeFilter` and `$__interval` are filled by the data source's own back end.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ALL = "$__all"
_VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<plain>\w+)")
_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")
BACK_END = frozenset({"timeFilter", "__interval", "__interval_ms"})
GLOBAL = frozenset({"__from", "__to"})


@dataclass(frozen=True)
class Reader:
    """What somebody looks at: a period, a step and a choice for each variable."""

    start_ms: int
    end_ms: int
    chosen: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    interval_ms: int = 3_600_000

    def but(self, **chosen) -> "Reader":
        return Reader(self.start_ms, self.end_ms, {**self.chosen, **chosen}, self.interval_ms)

    def filled(self, query: str) -> str:
        """Return a query without variables; one that has no value is an error."""
        return _VARIABLE.sub(self._value, query)

    def _value(self, found: re.Match[str]) -> str:
        name, form = found["braced"] or found["plain"], found["format"]
        ours = {
            "__from": str(self.start_ms),
            "__to": str(self.end_ms),
            "timeFilter": f"time >= {self.start_ms}ms and time <= {self.end_ms}ms",
            "__interval": f"{self.interval_ms // 1000}s",
            "__interval_ms": str(self.interval_ms),
        }
        if name in ours:
            return ours[name]
        value = self.chosen[name]
        if value == ALL:
            return ".*"  # a variable's allValue goes in as it stands
        if form == "regex":
            each = [_SPECIAL.sub(r"\\\g<0>", one) for one in ([value] if isinstance(value, str) else value)]
            return each[0] if len(each) == 1 else f"({'|'.join(each)})"
        assert form in (None, "raw"), f"{found[0]}: format {form} is not used here"
        assert isinstance(value, str), f"{found[0]}: several values need the format regex"
        return value


def variables_in(text: str) -> set[str]:
    """Return the names of the variables in a text, those of Grafana itself left out."""
    names = {found["braced"] or found["plain"] for found in _VARIABLE.finditer(text)}
    return {name for name in names if name not in BACK_END | GLOBAL and not name.startswith("tag_") and name != "col"}
