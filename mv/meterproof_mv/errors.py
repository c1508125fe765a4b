"""The errors of the maths; each says what is wrong, where, with which value, and what is accepted.

::

    MvError (ValueError)
    ├── CounterError    a counter's description or the ledger's rules make no sense
    ├── SeriesError     arrays that cannot be used: lengths, order, numbers that are none
    ├── PlanError       a plan that contradicts itself or its data
    ├── EstimateError   an estimate that would have nothing to stand on
    ├── UnitError       a unit that is unknown, could mean two things, or measures something else
    ├── FactorError     an emission factor that cannot be used, is not there, or does not fit what it is asked for
    └── ModelError      a model that is unknown, or that these data cannot carry
"""


class MvError(ValueError):
    """Root of the errors that this room raises on purpose."""


class CounterError(MvError):
    """A counter's description or the ledger's rules make no sense."""


class SeriesError(MvError):
    """Arrays that cannot be used."""


class UnitError(MvError):
    """A unit that is unknown, could mean two things, or measures something else."""


class ModelError(MvError):
    """A model that is unknown, or that these data cannot carry."""


class EstimateError(MvError):
    """An estimate that would have nothing to stand on."""


class PlanError(MvError):
    """A plan that contradicts itself or its data."""


class FactorError(MvError):
    """An emission factor that cannot be used, is not there, or does not fit what it is asked for."""
