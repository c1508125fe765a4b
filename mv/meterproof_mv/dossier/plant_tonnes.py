"""The tonnes of a plant: what options acted on, less what rose elsewhere; no carrier is picked for its looks."""

import math
from collections.abc import Sequence

import numpy as np

from meterproof_mv.claim import Status
from meterproof_mv.dossier.assessment import StreamAssessment, Tonnes


def plant_tonnes(streams: Sequence[StreamAssessment]) -> Tonnes | None:
    """Return the sum over the streams that options act on; over all of them when none is linked.

    The residuals of the streams of one plant may follow each other, so that half-widths are added and not squared: the
    cautious way. What is verified is the sum of the verified tonnes, less what a linked stream may have risen by
    (its lower bound, when that is negative), less what any other stream rose by beyond doubt.

    Parameters
    ----------
    streams : sequence of StreamAssessment
        All of a plant; those without tonnes add nothing.
    """
    given = [(stream, stream.tonnes) for stream in streams if stream.tonnes is not None]
    linked = any(stream.linked for stream in streams)
    chosen = [(stream, tonnes) for stream, tonnes in given if stream.linked or not linked]
    if not chosen:
        return None
    summed = [tonnes for _, tonnes in chosen]
    verified = sum(_contribution(stream, tonnes) for stream, tonnes in given)
    return Tonnes(
        co2_t=sum(tonnes.co2_t for tonnes in summed),
        ch4_t=sum(tonnes.ch4_t for tonnes in summed),
        n2o_t=sum(tonnes.n2o_t for tonnes in summed),
        co2e_t=sum(tonnes.co2e_t for tonnes in summed),
        lower=sum(tonnes.lower for tonnes in summed),
        upper=sum(tonnes.upper for tonnes in summed),
        lower_one_sided=sum(tonnes.lower_one_sided for tonnes in summed),
        biogenic_co2_t=sum(tonnes.biogenic_co2_t for tonnes in summed),
        verified_co2e_t=float(max(np.floor(verified), 0)),
    )


def certain_rise(stream: StreamAssessment) -> float:
    """Return by how much the use of a stream rose beyond doubt; 0 when that cannot be said [unit]."""
    if stream.savings is None or not stream.savings.upper < 0:
        return 0.0
    return -stream.savings.upper


def _contribution(stream: StreamAssessment, tonnes: Tonnes) -> float:
    if not stream.linked:
        return min(tonnes.upper, 0.0) if certain_rise(stream) else 0.0
    if stream.status is Status.CLAIMABLE:
        return tonnes.verified_co2e_t
    return 0.0 if math.isnan(tonnes.lower_one_sided) else min(tonnes.lower_one_sided, 0.0)
