"""What the API answers, for its description and for whoever writes a client: pydantic at the boundary, nowhere else."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from meterproof_api.plants import Plant


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PointInfoAnswer(_Answer):
    """A metering point."""

    id: str
    label: str


class PeriodAnswer(_Answer):
    """Local days, half-open."""

    start: date
    end: date


class OptionAnswer(_Answer):
    """A linked cleaner-production option."""

    id: str
    title: str
    technique: str
    date: date


class PlantAnswer(_Answer):
    """A plant."""

    id: str
    name: str
    country: str
    sector: str
    time_zone: str
    simulated: bool
    origin: str
    produces: bool
    points: list[PointInfoAnswer]
    main_point: str
    main_quantity: str
    baseline_period: PeriodAnswer
    reporting_period: PeriodAnswer
    drivers: list[str]
    options: list[OptionAnswer]


class PlantBrief(_Answer):
    """A plant in a list."""

    id: str
    name: str
    country: str
    sector: str
    simulated: bool


class PlantsAnswer(_Answer):
    """All plants."""

    plants: list[PlantBrief]


class PointAnswer(PointInfoAnswer):
    """A metering point and what the store holds of it; the times are null before the first reading."""

    readings: int
    first_ms: int | None
    last_ms: int | None
    first: str | None
    last: str | None
    series: list[str]


class PointsAnswer(_Answer):
    """The metering points of a plant."""

    plant: str
    points: list[PointAnswer]


class HealthAnswer(_Answer):
    """Whether we answer, and the counts of a collector in the same process."""

    status: str
    plants: int
    collector: dict[str, int | float] | None


class VersionAnswer(_Answer):
    """Which program answers, in which version of the API."""

    name: str
    version: str
    api: str


class PeriodCoverageAnswer(PeriodAnswer):
    """How much of a period was metered."""

    expected_intervals: int
    present_intervals: int
    completeness: float
    spans: int
    span_hours: float
    span_kwh: float
    energy_kwh: float


class FindingAnswer(_Answer):
    """A checked condition; severity is info, warning or refusal."""

    code: str
    severity: str
    message: str
    clause: str
    data: dict[str, object]


class ModelAnswer(_Answer):
    """The baseline model; ratios are fractions."""

    name: str
    n: int
    p: int
    coefficients: dict[str, float | None]
    r2: float | None
    cv_rmse: float | None
    rho1: float | None


class NaiveIntervalAnswer(_Answer):
    """The interval under independent residuals, for comparison only."""

    lower_kwh: float | None
    upper_kwh: float | None
    assumes: str


class SavingsAnswer(_Answer):
    """A plant's savings, how sure they are, and what may be claimed; a figure that is not there is null."""

    plant: str
    name: str
    simulated: bool
    origin: str
    time_zone: str
    point: str
    quantity: str
    drivers: list[str]
    options: list[OptionAnswer]
    baseline_period: PeriodCoverageAnswer
    reporting_period: PeriodCoverageAnswer
    status: str
    findings: list[FindingAnswer]
    model: ModelAnswer | None
    n: int
    avoided_kwh: float | None
    lower_kwh: float | None
    upper_kwh: float | None
    confidence: float | None
    lower_one_sided_kwh: float | None
    naive_interval: NaiveIntervalAnswer | None
    adjusted_baseline_kwh: float | None
    actual_kwh: float | None
    m: int
    formula: str | None
    verified_kwh: float
    claimed_co2e_t: float | None


def plant_answer(plant: Plant) -> PlantAnswer:
    """Return a plant as the API tells of it."""
    return PlantAnswer.model_validate(plant, from_attributes=True)


def plant_brief(plant: Plant) -> PlantBrief:
    """Return a plant as a list tells of it."""
    return PlantBrief.model_validate(plant, from_attributes=True)
