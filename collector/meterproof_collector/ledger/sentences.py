"""Says in words how an interval came about, for a verifier who reads no column."""

from collections.abc import Callable, Iterator

from meterproof_collector.ledger.evidence import Boundary, Explanation, Sample
from meterproof_core.wire import CounterKind

Clock = Callable[[int], str]
"""Shows an instant [ms since 1970-01-01 UTC] as people read it."""
_HOUR_MS = 3_600_000


def sentence(told: Explanation, clock: Clock) -> str:
    """Return one sentence for each thing that a verifier asks of an interval.

    Parameters
    ----------
    told : Explanation
        How it came about.
    clock : callable
        Shows an instant.
    """
    return " ".join(_sentences(told, clock))


def _sentences(told: Explanation, clock: Clock) -> Iterator[str]:
    hours = (told.end_ms - told.start_ms) / _HOUR_MS
    what = f"span over {hours:g} h" if told.is_span else "interval"
    yield f"{clock(told.start_ms)} to {clock(told.end_ms)}: {_number(told.amount)} {told.unit}, {what}{_verdict(told)}."
    if told.imported:
        yield "It came from an imported file, and no register gave it; `meterproof import list` names the file."
        return
    yield from _boundaries(told, clock)
    if told.is_span:
        yield _gap(told, clock)
    for batch in told.arrivals:
        yield f"Batch {batch.stream}/{batch.seq} of gateway {batch.gateway} was stored at {clock(batch.stored_ms)}."
    for setting in told.settings:
        scale = f"{setting.counter.scale:g} {told.unit} a count"
        yield f"Read by map {setting.meter} version {setting.map_version}: {scale}."
    for event in told.events:
        yield f"Event {event.data['code']} at {clock(event.data['t_ms'])}."
    for loss in told.losses:
        lost = sum(each["samples"] for each in loss.data["lost"])
        yield f"Gateway {loss.data['gateway']} gave up {lost} samples around it."
    if not told.reproduced:
        yield "The registers that are stored now do not give this interval: recompute it."


def _verdict(told: Explanation) -> str:
    return ", clean" if told.reproduced and not (told.is_span or told.events or told.losses) else ""


def _boundaries(told: Explanation, clock: Clock) -> Iterator[str]:
    if any(setting.counter.kind is CounterKind.INTERVAL for setting in told.settings):
        shown = told.end.behind
        if shown is not None:
            yield f"The meter showed {_number(shown.register)} counts for it, first read at {clock(shown.t_ms)}."
        return
    yield f"From register {_boundary(told.start, clock)},"
    yield f"to register {_boundary(told.end, clock)}."


def _boundary(boundary: Boundary, clock: Clock) -> str:
    return f"{_number(boundary.register)} at {clock(boundary.at_ms)} ({_basis(boundary, clock)})"


def _basis(boundary: Boundary, clock: Clock) -> str:
    if boundary.before is None:
        return "no readings are stored that bracket it"
    if boundary.behind is None:
        return f"read then{_doubt(boundary.before)}"
    before, behind = boundary.before, boundary.behind
    return (
        f"interpolated between {_number(before.register)} at {clock(before.t_ms)}{_doubt(before)}"
        f" and {_number(behind.register)} at {clock(behind.t_ms)}{_doubt(behind)}"
    )


def _doubt(sample: Sample) -> str:
    return "" if sample.quality == "good" else f" ({sample.quality})"


def _gap(told: Explanation, clock: Clock) -> str:
    if not told.unread:
        return "No boundary inside could be interpolated; the total is kept."
    times = " and ".join(f"from {clock(each.from_ms)} to {clock(each.to_ms)}" for each in told.unread)
    return f"Usable readings are missing {times}; the total is kept, its distribution is unknown."


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.12g}"
