"""Decides whether savings may be claimed. A number that no measure explains is a finding, not a saving."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from meterproof_mv.completeness import missing_findings, short_findings
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.production import stopped_findings, undriven_findings
from meterproof_mv.savings import Savings
from meterproof_mv.thresholds import THRESHOLDS

_ROUNDING = 1e-9  # of the adjusted baseline: a difference below it is arithmetic, not a shift
_BLOCKING = frozenset(
    {
        "no_option",
        "no_production_driver",
        "baseline_short",
        "reporting_short",
        "unexplained_shift",
        "not_distinguishable",
        "negative_use",
        "use_stopped",
    }
)


class Status(StrEnum):
    """What may be done with a result."""

    CLAIMABLE = "claimable"
    NOT_CLAIMABLE = "not_claimable"


@dataclass(frozen=True, slots=True)
class ClaimContext:
    """What the arrays do not say.

    Parameters
    ----------
    plant_produces : bool
        Whether the plant makes something: then a driver must measure it.
    production_drivers : tuple of str
        Which drivers do.
    options : tuple of str
        Ids of the cleaner-production options that are linked to this result.
    extrapolation_accepted_by : str or None
        The engineer who signed for a reporting period largely outside the baseline's range.
    verified_digits : int
        Decimals of the verified amount.
    unit : str
        What the amounts are counted in, for the findings' sentences.
    """

    plant_produces: bool = True
    production_drivers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    extrapolation_accepted_by: str | None = None
    verified_digits: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision.

    Parameters
    ----------
    status : Status
        Whether the savings may be claimed.
    findings : tuple of Finding
        Those of the caller, those of the savings and those of the claim.
    verified_amount : float
        The lower one-sided 90 % bound, floored to the printed digit; 0 when not claimable [unit].
    """

    status: Status
    findings: tuple[Finding, ...]
    verified_amount: float


def judge(savings: Savings, context: ClaimContext, *, data: Sequence[Finding] = ()) -> Verdict:
    """Return whether savings may be claimed, with every reason for and against.

    Parameters
    ----------
    savings : Savings
        The result.
    context : ClaimContext
        Options, production and signatures.
    data : sequence of Finding
        What the caller found of the data behind the rows. They count as all others do; what they tell of a period
        is not told again.
    """
    told = {_topic(finding) for finding in data}
    own = tuple(finding for finding in _findings(savings, context) if _topic(finding) not in told)
    replaced = {finding.code for finding in own} & _BLOCKING
    findings = (*data, *(finding for finding in savings.findings if finding.code not in replaced), *own)
    accepted = context.extrapolation_accepted_by is not None
    stopped = any(stops_claim(finding, extrapolation_accepted=accepted) for finding in findings)
    if stopped or math.isnan(savings.lower_one_sided):
        return Verdict(Status.NOT_CLAIMABLE, findings, 0.0)
    return Verdict(Status.CLAIMABLE, findings, _floored(savings.lower_one_sided, context.verified_digits))


def stops_claim(finding: Finding, *, extrapolation_accepted: bool = False) -> bool:
    """Return whether a finding alone keeps a result from being claimed.

    Parameters
    ----------
    finding : Finding
        Of the savings or of the claim.
    extrapolation_accepted : bool
        Whether an engineer signed for a reporting period largely outside the baseline's range.
    """
    if finding.severity is Severity.REFUSAL:
        return True
    if finding.code in _BLOCKING:
        return finding.severity is Severity.WARNING
    if finding.code != "driver_out_of_range" or extrapolation_accepted:
        return False
    return bool(finding.data["share"] > THRESHOLDS["extrapolated_share"].value)


def _topic(finding: Finding) -> tuple[str, Severity, object]:
    return finding.code, finding.severity, finding.data.get("period")


def _amount(amount: float, unit: str) -> str:
    return f"{amount:,.6g} {unit}".rstrip()


def _findings(savings: Savings, context: ClaimContext) -> Iterator[Finding]:
    yield from missing_findings(savings.model.observations, "baseline")
    yield from missing_findings(savings.reporting, "reporting")
    yield from short_findings(savings.model.observations, "baseline")
    yield from short_findings(savings.reporting, "reporting")
    if context.plant_produces:
        yield from undriven_findings(savings.model, context.production_drivers)
        yield from stopped_findings(savings.model, savings.reporting, context.production_drivers)
    if not context.options:
        yield _own("no_option", "no cleaner-production option is linked to this result")
        if _shifted(savings):
            yield _own(
                "unexplained_shift",
                f"use differs by {_amount(savings.avoided, context.unit)} from what the baseline expects, "
                "and no measure explains it",
                avoided=savings.avoided,
                naive_lower=savings.naive.lower,
                naive_upper=savings.naive.upper,
            )
    if not math.isnan(savings.lower_one_sided) and _floored(savings.lower_one_sided, context.verified_digits) <= 0:
        yield _own(
            "not_distinguishable",
            f"the one-sided 90 % lower bound {_amount(savings.lower_one_sided, context.unit)} is not above zero: "
            "none verified",
            lower_one_sided_90=savings.lower_one_sided,
        )


def _own(code: str, message: str, **data: Any) -> Finding:  # noqa: ANN401 - JSON
    return Finding(code, Severity.WARNING, message, "meterproof", data)


def _shifted(savings: Savings) -> bool:
    """Return whether zero lies outside the naive interval or the one that was used."""
    if abs(savings.avoided) <= _ROUNDING * abs(savings.adjusted_baseline):
        return False
    bounds = ((savings.naive.lower, savings.naive.upper), (savings.lower, savings.upper))
    return any(lower > 0 or upper < 0 for lower, upper in bounds)


def _floored(amount: float, digits: int) -> float:
    step = 10.0**digits
    return float(np.floor(amount * step)) / step
