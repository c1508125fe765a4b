"""Findings: what a reviewer must know about a result, as values rather than exceptions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding weighs."""

    INFO = "info"
    WARNING = "warning"
    REFUSAL = "refusal"  # the result, or its interval, is not given out


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reviewer must know.

    Parameters
    ----------
    code : str
        Stable name, such as ``low_r2``.
    severity : Severity
        How much it weighs.
    message : str
        A sentence for people.
    clause : str
        Where the rule comes from.
    data : mapping
        JSON-able numbers behind the sentence.
    """

    code: str
    severity: Severity
    message: str
    clause: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "clause": self.clause,
            "data": dict(self.data),
        }


def finite_or_none(value: float) -> float | None:
    """Return a number as JSON can carry it: None where there is none."""
    return float(value) if math.isfinite(value) else None
