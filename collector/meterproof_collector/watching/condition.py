"""How a collector is, in one JSON object and two yes-or-no answers. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from meterproof_collector.collector import Collector
from meterproof_collector.watching.watch import Watch

_MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Names:
    """How people call the parts; no secrets.

    Parameters
    ----------
    collector, broker, store : str
        Name, address, and what it is.
    """

    collector: str
    broker: str
    store: str


def is_ready(collector: Collector) -> bool:
    """Return whether messages can come and be stored."""
    trouble = collector.store_state.trouble
    return collector.connected and collector.alive and (trouble is None or not trouble.is_failure)


def condition(names: Names, collector: Collector, watch: Watch, now_ms: int) -> Mapping[str, Any]:
    """Return how a collector is; ``ok`` is False while it cannot do its work.

    Parameters
    ----------
    names : Names
        How people call the parts.
    collector, watch
        What is told of.
    now_ms : int
        When it is [ms since 1970-01-01 UTC].
    """
    alarms = watch.alarms()
    state = collector.store_state
    messages, payload_bytes = collector.held
    since_ms = now_ms - state.last_success_ms
    return {
        "ok": not any(alarm.is_failure for alarm in alarms),
        "name": names.collector,
        "broker": {"address": names.broker, "connected": collector.connected},
        "store": {
            "name": names.store,
            "last_success_age_s": since_ms / 1000 if state.last_success_ms else None,
            "retries": state.retries,
        },
        "held": {"messages": messages, "bytes": payload_bytes},
        "ledger": {
            "waiting_points": collector.waiting_points[:_MOST_POINTS],
            "failed_points": dict(list(collector.failed_points.items())[:_MOST_POINTS]),
        },
        "counts": asdict(collector.counts),
        "alarms": [alarm.as_data() for alarm in alarms],
    }
