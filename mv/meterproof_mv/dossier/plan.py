"""What is compared with what: the part of a dossier that people decide, JSON-able as it stands."""

from dataclasses import dataclass
from datetime import date

from meterproof_mv.dossier.vocabulary import Grain, OptionState, Technique
from meterproof_mv.heat_content import CalorificBasis, HeatContent

DAY_TYPE = "day_type"
"""The driver that the calendar gives: weekday or weekend. It needs no series."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the plant's own calendar, half-open: `end` is the first day that no longer belongs to it."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days in it."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class PlantFacts:
    """Whose statement it is.

    Parameters
    ----------
    id, name : str
        For machines and for people.
    country : str
        ISO 3166-1 alpha-2 code.
    sector : str
        Key, such as ``ceramics``.
    time_zone : str
        IANA name; its days begin and end there.
    simulated : bool
        Whether plant or data are invented; shown wherever they are.
    origin : str
        Where the data come from, with attribution.
    produces : bool
        Whether it makes a product, so that savings need a production driver.
    """

    id: str
    name: str
    country: str
    sector: str
    time_zone: str
    simulated: bool
    origin: str
    produces: bool


@dataclass(frozen=True, slots=True)
class OptionRecord:
    """A cleaner-production option: one improvement, one record for life.

    Parameters
    ----------
    id, title : str
        For machines and for people.
    technique : Technique
        Its one technique.
    cause : str
        The cause of the loss that it takes away.
    state : OptionState
        How far it has come.
    start_up : date
        First day on which it worked.
    streams : tuple of str
        Ids of the streams that it acts on.
    """

    id: str
    title: str
    technique: Technique
    cause: str
    state: OptionState
    start_up: date
    streams: tuple[str, ...]

    @property
    def works(self) -> bool:
        """Whether it was put to work and not taken away again."""
        return self.state in (OptionState.IMPLEMENTED, OptionState.MONITORED, OptionState.VERIFIED)


@dataclass(frozen=True, slots=True)
class DriverPlan:
    """An independent variable.

    Parameters
    ----------
    name : str
        As models name it.
    series : str
        Name of its series in the dossier; empty for `DAY_TYPE`.
    unit : str
        Of its series; empty for a category.
    production : bool
        Whether it measures what the plant makes.
    """

    name: str
    series: str
    unit: str
    production: bool


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One flow of energy, water or material over the measurement boundary.

    Parameters
    ----------
    id, label : str
        For machines and for people.
    carrier : str
        Such as ``electricity``, ``natural_gas``, ``water``.
    unit : str
        Canonical unit of its series: ``kWh``, ``m3``, ``t``.
    grain : Grain
        How long the compared rows are.
    series : str
        Name of its series in the dossier.
    drivers : tuple of str
        Names of the drivers of its model; none makes it the mean model.
    calorific_basis : CalorificBasis or None
        Of a fuel counted in kWh.
    heat_content : HeatContent or None
        Of a fuel counted by volume or mass.
    factors : tuple of str
        The emission factors that it pins, as ``id@version``; none means that no tonnes are given.
    """

    id: str
    label: str
    carrier: str
    unit: str
    grain: Grain
    series: str
    drivers: tuple[str, ...]
    calorific_basis: CalorificBasis | None = None
    heat_content: HeatContent | None = None
    factors: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The shape of its baseline model."""
        return "linear" if self.drivers else "mean"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that people decided before anything was computed.

    Parameters
    ----------
    plant : PlantFacts
        Whose.
    baseline, reporting : Period
        Local days; the reporting period does not start before the baseline ends.
    streams : tuple of StreamPlan
        At least one.
    drivers : tuple of DriverPlan
        Those that streams name.
    options : tuple of OptionRecord
        The linked options; without any nothing can be claimed.
    gwp_set : str
        Global warming potentials, such as ``AR5``.
    confidence : float
        Of two-sided intervals, as a fraction.
    """

    plant: PlantFacts
    baseline: Period
    reporting: Period
    streams: tuple[StreamPlan, ...]
    drivers: tuple[DriverPlan, ...] = ()
    options: tuple[OptionRecord, ...] = ()
    gwp_set: str = "AR5"
    confidence: float = 0.9

    def linked(self, stream: str) -> tuple[str, ...]:
        """Return the ids of the options that can have saved something of a stream in all of the reporting period."""
        return tuple(o.id for o in self.options if stream in o.streams and o.works and self.in_time(o))

    def in_time(self, option: OptionRecord) -> bool:
        """Return whether an option began to work between the baseline and the reporting period."""
        return self.baseline.end <= option.start_up <= self.reporting.start
