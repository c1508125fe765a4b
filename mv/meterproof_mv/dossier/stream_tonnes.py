"""From the savings of a stream to tonnes: linear in the activity, so that the interval is carried through."""

import numpy as np

from meterproof_mv.dossier.assessment import Tonnes
from meterproof_mv.dossier.plan import StreamPlan
from meterproof_mv.dossier.series import Dossier
from meterproof_mv.errors import FactorError
from meterproof_mv.findings import Finding
from meterproof_mv.ghg.factors import Factor, FactorQuantity
from meterproof_mv.ghg.findings import factor_findings
from meterproof_mv.ghg.tonnes import Emissions, per_unit
from meterproof_mv.savings import Savings


def stream_factors_of(dossier: Dossier, stream: StreamPlan) -> tuple[Factor, ...]:
    """Return the factors that a stream's tonnes need: those it pins, and the potentials of the plan's set."""
    pinned = tuple(factor for factor in dossier.factors if factor.ref in stream.factors)
    potentials = tuple(
        factor
        for factor in dossier.factors
        if factor.quantity is FactorQuantity.GWP and factor.gwp_set == dossier.plan.gwp_set
    )
    return pinned + tuple(factor for factor in potentials if factor not in pinned)


def factor_findings_of(dossier: Dossier, stream: StreamPlan) -> tuple[Finding, ...]:
    """Return what must be known of the factors of a stream; nothing when it has none."""
    if not stream.factors:
        return ()
    return tuple(
        factor_findings(
            stream_factors_of(dossier, stream),
            gwp_set=dossier.plan.gwp_set,
            period=dossier.plan.reporting,
            unit=stream.unit,
            calorific_basis=stream.calorific_basis,
            heat_content=stream.heat_content,
        )
    )


def tonnes_of(dossier: Dossier, stream: StreamPlan, savings: Savings, verified: float) -> Tonnes | None:
    """Return the tonnes of a stream's savings; None without factors, or when they do not fit its unit.

    Parameters
    ----------
    dossier : Dossier
        Its factors and the set of potentials.
    stream : StreamPlan
        Whose.
    savings : Savings
        Its savings [unit].
    verified : float
        What may be claimed of them [unit].
    """
    if not stream.factors:
        return None
    try:
        each = _per_unit(dossier, stream)
    except FactorError:  # the findings say why
        return None
    return Tonnes(
        co2_t=savings.avoided * each.co2_t,
        ch4_t=savings.avoided * each.ch4_t,
        n2o_t=savings.avoided * each.n2o_t,
        co2e_t=savings.avoided * each.co2e_t,
        lower=savings.lower * each.co2e_t,
        upper=savings.upper * each.co2e_t,
        lower_one_sided=savings.lower_one_sided * each.co2e_t,
        biogenic_co2_t=savings.avoided * each.biogenic_co2_t,
        verified_co2e_t=float(np.floor(verified * each.co2e_t)),
    )


def _per_unit(dossier: Dossier, stream: StreamPlan) -> Emissions:
    return per_unit(
        stream.unit,
        stream_factors_of(dossier, stream),
        gwp_set=dossier.plan.gwp_set,
        heat_content=stream.heat_content,
        calorific_basis=stream.calorific_basis,
    )
