"""Models of use on drivers: mean, ratio and linear ones with numbers and categories, named or chosen."""

from meterproof_mv.models.fitted import Candidate, FittedModel
from meterproof_mv.models.fitting import fit, fit_observations

__all__ = ["Candidate", "FittedModel", "fit", "fit_observations"]
