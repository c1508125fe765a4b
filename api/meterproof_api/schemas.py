"""What the API answers, for its description and for whoever writes a client: pydantic at the boundary, nowhere else."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from meterproof_api.plants import Plant
from meterproof_mv.dossier.vocabulary import Grain, OptionState, Technique
from meterproof_mv.heat_content import CalorificBasis


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
    technique: Technique
    cause: str
    state: OptionState
    start_up: date
    streams: list[str]


class SourceAnswer(_Answer):
    """Where figures come from: a counter of a metering point, or hand-kept records."""

    point: str
    quantity: str
    records: str


class HeatContentAnswer(_Answer):
    """Heat of one unit of a fuel, exactly as its source prints it."""

    value: str
    unit: str
    basis: CalorificBasis
    source: str


class EmissionsAnswer(_Answer):
    """Which emission factors turn a stream into tonnes."""

    basis: str
    sector: str
    region: str
    factor: str


class StreamInfoAnswer(SourceAnswer):
    """A flow over the measurement boundary."""

    id: str
    label: str
    carrier: str
    grain: Grain
    drivers: list[str]
    calorific_basis: CalorificBasis | None
    heat_content: HeatContentAnswer | None
    emissions: EmissionsAnswer | None


class DriverAnswer(SourceAnswer):
    """An independent variable."""

    name: str
    production: bool


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
    baseline_period: PeriodAnswer
    reporting_period: PeriodAnswer
    streams: list[StreamInfoAnswer]
    points: list[PointInfoAnswer]
    drivers: list[DriverAnswer]
    options: list[OptionAnswer]
    gwp_set: str


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


class FindingAnswer(_Answer):
    """A checked condition; severity is info, warning or refusal."""

    code: str
    severity: str
    message: str
    clause: str
    data: dict[str, object]


class CoverageAnswer(PeriodAnswer):
    """How much of a period is known of a stream; amounts are in its unit."""

    rows: int
    known_rows: int
    expected_intervals: int
    present_intervals: int
    completeness: float
    spans: int
    span_hours: float
    span_amount: float
    amount: float | None
    origins: list[str]


class ModelAnswer(_Answer):
    """The baseline model; ratios are fractions."""

    model: str
    n: int
    p: int
    coefficients: dict[str, float | None]
    standard_errors: dict[str, float | None]
    p_values: dict[str, float | None]
    r2: float | None
    cv_rmse: float | None
    nmbe: float | None
    rho1: float | None


class NaiveAnswer(_Answer):
    """The interval under independent residuals, for comparison only."""

    lower: float | None
    upper: float | None
    standard_error: float | None


class StreamSavingsAnswer(_Answer):
    """Avoided use of the reporting period; a figure that is refused is null."""

    avoided: float | None
    lower: float | None
    upper: float | None
    confidence: float
    adjusted_baseline: float | None
    actual: float | None
    lower_one_sided_90: float | None
    standard_error: float | None
    formula: str
    rho: float
    n_eff: float
    degrees_of_freedom: float
    naive_for_comparison: NaiveAnswer
    m: int


class TonnesAnswer(_Answer):
    """Avoided emissions, the gases apart; negative when they rose."""

    co2_t: float | None
    ch4_t: float | None
    n2o_t: float | None
    co2e_t: float | None
    lower: float | None
    upper: float | None
    lower_one_sided: float | None
    biogenic_co2_t: float | None
    verified_co2e_t: float


class StreamAnswer(_Answer):
    """What is said of one stream."""

    id: str
    label: str
    carrier: str
    unit: str
    grain: Grain
    series: str
    calorific_basis: CalorificBasis | None
    heat_content: HeatContentAnswer | None
    factors: list[str]
    drivers: list[str]
    linked_options: list[str]
    baseline: CoverageAnswer
    reporting: CoverageAnswer
    model: ModelAnswer | None
    savings: StreamSavingsAnswer | None
    status: str
    verified: float
    tonnes: TonnesAnswer | None
    findings: list[FindingAnswer]


class PlantFactsAnswer(PlantBrief):
    """Whose savings."""

    time_zone: str
    origin: str
    produces: bool


class SavingsAnswer(_Answer):
    """A plant's savings, how sure they are, and what may be claimed; a figure that is not there is null."""

    plant: PlantFactsAnswer
    simulated: bool
    baseline_period: PeriodAnswer
    reporting_period: PeriodAnswer
    status: str
    provisional: bool
    options: list[OptionAnswer]
    streams: list[StreamAnswer]
    gwp_set: str
    tonnes: TonnesAnswer | None
    factors: list[dict[str, object]]
    findings: list[FindingAnswer]


def plant_answer(plant: Plant) -> PlantAnswer:
    """Return a plant as the API tells of it."""
    return PlantAnswer.model_validate(plant, from_attributes=True)


def plant_brief(plant: Plant) -> PlantBrief:
    """Return a plant as a list tells of it."""
    return PlantBrief.model_validate(plant, from_attributes=True)
