"""Findings about streams of which nothing can be said: a fuel that was switched to must not stay out of the sum."""

import math
from collections.abc import Iterator, Sequence

from meterproof_mv.claim import stops_claim
from meterproof_mv.dossier.assessment import StreamAssessment
from meterproof_mv.findings import Finding, Severity

_HARMLESS = "not_distinguishable"
"""The one reason against a claim that still leaves bounds to reckon with."""


def unjudged_findings(streams: Sequence[StreamAssessment]) -> Iterator[Finding]:
    """Yield a refusal for each linked stream that cannot be judged, a warning for any other stream of energy.

    An option that acts on several streams is judged by all of them or not at all.

    Parameters
    ----------
    streams : sequence of StreamAssessment
        All of a plant.
    """
    with_tonnes = any(stream.linked and stream.tonnes for stream in streams)
    alone = sum(bool(stream.linked) for stream in streams) == 1
    for stream in streams:
        reason = _reason(stream)
        if stream.linked and not alone and reason:
            yield _finding(stream, "linked_stream_unknown", Severity.REFUSAL, f"{reason}, and an option acts on it")
        elif stream.linked and with_tonnes and stream.tonnes is None and _is_energy(stream):
            message = "has no emission factor, others on which options act have one"
            yield _finding(stream, "linked_without_factor", Severity.REFUSAL, message)
        elif not stream.linked and reason and _is_energy(stream) and any(other.linked for other in streams):
            message = f"{reason}: whether use moved there is not known"
            yield _finding(stream, "other_use_unknown", Severity.WARNING, message)


def _reason(stream: StreamAssessment) -> str:
    """Return why nothing can be said of a stream; empty when its bounds can be reckoned with."""
    if stream.savings is None or math.isnan(stream.savings.lower_one_sided):
        return "cannot be compared"
    against = {finding.code for finding in stream.findings if stops_claim(finding)} - {_HARMLESS}
    if not stream.linked:  # without an option these say nothing of the data
        against -= {"no_option", "unexplained_shift"}
    return f"is in doubt ({', '.join(sorted(against))})" if against else ""


def _is_energy(stream: StreamAssessment) -> bool:
    return stream.stream.unit == "kWh" or stream.stream.heat_content is not None


def _finding(stream: StreamAssessment, code: str, severity: Severity, why: str) -> Finding:
    data = {"stream": stream.stream.id}
    return Finding(code, severity, f"{stream.stream.label} {why}", "meterproof", data)
