"""The limits that findings are measured against: data, each with where it comes from and how far that is trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from meterproof_mv.findings import Severity


class Trust(StrEnum):
    """How far a limit is known to be what its source says."""

    OWN = "own"  # our definition; nobody else's authority is claimed
    VERIFIED = "verified"  # read by us in code or text
    EXCERPT = "excerpt"  # seen quoted, not in the original
    UNVERIFIED = "unverified"  # from memory


@dataclass(frozen=True, slots=True)
class Threshold:
    """One limit.

    Parameters
    ----------
    id : str
        Stable name.
    value : float
        The limit; ratios are fractions.
    source, edition : str
        Document and edition; empty edition where the source has none or it is not known.
    trust : Trust
        How far it is known to be what the source says.
    applies_to : str
        Which data or result.
    """

    id: str
    value: float
    source: str
    edition: str
    trust: Trust
    applies_to: str

    @property
    def clause(self) -> str:
        """The source as a finding quotes it."""
        quoted = f"{self.source} {self.edition}".strip()
        return (
            quoted
            + {
                Trust.OWN: "",
                Trust.VERIFIED: "",
                Trust.EXCERPT: " (seen in an excerpt)",
                Trust.UNVERIFIED: " (to be checked against the original)",
            }[self.trust]
        )

    def severity(self, wanted: Severity) -> Severity:
        """Return the severity that a finding may have: what is not verified may only inform."""
        return Severity.INFO if self.trust is Trust.UNVERIFIED else wanted


_OWN = "meterproof"
_SEP = "DOE SEP rules as coded in VERIFI"  # codespell:ignore verifi
_G14 = "ASHRAE Guideline 14"
_CALTRACK = "CalTRACK"

THRESHOLDS: Mapping[str, Threshold] = {
    threshold.id: threshold
    for threshold in (
        Threshold("model_f_p_value", 0.10, _SEP, "", Trust.VERIFIED, "choice of model"),
        Threshold("driver_p_value", 0.20, _SEP, "", Trust.VERIFIED, "choice of model, every driver"),
        Threshold("best_driver_p_value", 0.10, _SEP, "", Trust.VERIFIED, "choice of model, at least one driver"),
        Threshold("r2", 0.50, _SEP, "", Trust.VERIFIED, "every model with drivers"),
        Threshold("cv_rmse_monthly", 0.15, _G14, "", Trust.EXCERPT, "monthly data"),
        Threshold("cv_rmse_hourly", 0.30, _G14, "", Trust.EXCERPT, "hourly data; taken for daily data too"),
        Threshold("points_monthly", 12, _OWN, "", Trust.OWN, "monthly baseline"),
        Threshold("points_daily", 60, _OWN, "", Trust.OWN, "daily or finer baseline"),
        Threshold("degrees_of_freedom", 8, _OWN, "", Trust.OWN, "every model"),
        Threshold("effective_degrees_of_freedom", 3, _OWN, "", Trust.OWN, "every interval"),
        Threshold("points_without_refusal", 24, _OWN, "", Trust.OWN, "every interval"),
        Threshold("condition_number", 30, _OWN, "", Trust.OWN, "columns scaled to unit length"),
        Threshold("driver_correlation", 0.9, _OWN, "", Trust.OWN, "every pair of drivers"),
        Threshold("autocorrelation", 4.0, _OWN, "", Trust.OWN, "n rho^2 of positive rho"),
        Threshold("extreme_value_iqr", 3.0, _CALTRACK, "2.2", Trust.VERIFIED, "use above the median"),
        # the source says it of the baseline; that it holds of the reporting period too is ours
        Threshold("missing_share", 37 / 365, _CALTRACK, "2.2-2.3", Trust.VERIFIED, "share of a period's days"),
        Threshold("baseline_days", 28, _OWN, "", Trust.OWN, "baseline period, in days measured whole"),
        Threshold("reporting_days", 28, _OWN, "", Trust.OWN, "reporting period, in days measured whole"),
        Threshold("extrapolated_share", 0.25, _OWN, "", Trust.OWN, "share of reporting use outside the baseline"),
    )
}
"""Every limit by its id."""
