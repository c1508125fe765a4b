"""What the programme's route answers: its description for whoever writes a client, and the answer itself."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from meterproof_api import __version__
from meterproof_api.programme.flat import block_name, exclusion_record, statement_record
from meterproof_api.programme.notes import block_notes
from meterproof_api.programme.roll_up import Block, Programme
from meterproof_api.programme.rows import STATES, Row, TonnesSum
from meterproof_mv.findings import finite_or_none

Json = dict[str, Any]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class IntervalAnswer(_Answer):
    """Sum of the point values [t CO2e]; null where no interval can be given."""

    point_co2e_t: float | None
    lower_co2e_t: float | None
    upper_co2e_t: float | None
    averages_out_co2e_t: float | None
    shared_co2e_t: float | None
    confidence: float
    without_interval: int
    without_factor_uncertainty: int


class TonnesAnswer(_Answer):
    """Verified tonnes, the part that rests on a factor not compared with its source, and the interval."""

    verified_co2e_t: float
    provisional_co2e_t: float
    interval: IntervalAnswer


class OptionsAnswer(_Answer):
    """Options by state."""

    identified: int
    feasible: int
    implemented: int
    monitored: int
    verified: int
    rejected: int


class UseAnswer(_Answer):
    """Verified use of one carrier in one unit."""

    carrier: str
    unit: str
    calorific_basis: str
    amount: float


class RowAnswer(_Answer):
    """A line: a total or a part of it."""

    key: str
    plants: int
    plants_claimable: int
    options: OptionsAnswer
    statements: int
    claimable: int
    provisional: int
    not_claimable: int
    unsigned: int
    annual: TonnesAnswer
    other_periods_verified_co2e_t: float
    cumulative: TonnesAnswer
    use: list[UseAnswer]
    statement_ids: list[str]


class RegisterAnswer(_Answer):
    """A statement that counts."""

    statement: str
    version: int
    plant: str
    name: str
    country: str
    sector: str
    technique: str
    reporting_start: date
    reporting_last: date
    days: int
    status: str
    is_provisional: bool
    state: str
    issued_at: datetime
    verified_co2e_t: float | None
    counts_annually: bool


class NoteAnswer(_Answer):
    """What must be known before a total is quoted."""

    code: str
    message: str


class BlockAnswer(_Answer):
    """Real plants, or simulated ones."""

    total: RowAnswer
    by_country: list[RowAnswer]
    by_sector: list[RowAnswer]
    by_technique: list[RowAnswer]
    statements: list[RegisterAnswer]
    gwp_sets: list[str]
    factors: list[str]
    notes: list[NoteAnswer]


class ExclusionAnswer(_Answer):
    """What is left out, of what, and why."""

    block: str
    statement: str
    version: int | None
    plant: str
    reason: str
    left_out_of: str
    detail: str
    verified_co2e_t: float | None


class OverlapAnswer(_Answer):
    """Two statements on the same streams and days; the first counts."""

    block: str
    plant: str
    streams: list[str]
    start: date
    end: date
    counted: str
    left_out: str


class ProgrammeAnswer(_Answer):
    """The programme's totals at a date."""

    cut_off: date | None
    confidence: float
    program: str
    language: str
    real: BlockAnswer
    simulated: BlockAnswer
    exclusions: list[ExclusionAnswer]
    overlaps: list[OverlapAnswer]


def programme_json(programme: Programme) -> Json:
    """Return the answer of `ProgrammeAnswer`'s shape; not built from the models, because a programme has many rows."""
    return {
        "cut_off": programme.cut_off,
        "confidence": programme.confidence,
        "program": f"meterproof {__version__}",
        "language": "en",
        "real": _block(programme.real),
        "simulated": _block(programme.simulated),
        "exclusions": [{"block": block_name(one.simulated), **exclusion_record(one)} for one in programme.exclusions],
        "overlaps": [
            {
                "block": block_name(one.simulated),
                "plant": one.plant,
                "streams": one.streams,
                "start": one.start,
                "end": one.end,
                "counted": one.counted,
                "left_out": one.left_out,
            }
            for one in programme.overlaps
        ],
    }


def _block(block: Block) -> Json:
    return {
        "total": _row(block.total),
        "by_country": [_row(row) for row in block.by_country],
        "by_sector": [_row(row) for row in block.by_sector],
        "by_technique": [_row(row) for row in block.by_technique],
        "statements": [statement_record(statement, block) for statement in block.statements],
        "gwp_sets": block.gwp_sets,
        "factors": block.factors,
        "notes": [{"code": code, "message": message} for code, message in block_notes(block)],
    }


def _row(row: Row) -> Json:
    return {
        "key": row.key,
        "plants": row.plants,
        "plants_claimable": row.plants_claimable,
        "options": dict(zip(STATES, row.options, strict=True)),
        "statements": row.statements,
        "claimable": row.claimable,
        "provisional": row.provisional,
        "not_claimable": row.not_claimable,
        "unsigned": row.unsigned,
        "annual": _tonnes(row.annual),
        "other_periods_verified_co2e_t": row.other_periods_t,
        "cumulative": _tonnes(row.cumulative),
        "use": [
            {
                "carrier": one.use.carrier,
                "unit": one.use.unit,
                "calorific_basis": one.use.calorific_basis,
                "amount": one.amount,
            }
            for one in row.uses
        ],
        "statement_ids": row.statement_ids,
    }


def _tonnes(tonnes: TonnesSum) -> Json:
    interval = tonnes.interval
    return {
        "verified_co2e_t": tonnes.verified_t,
        "provisional_co2e_t": tonnes.provisional_t,
        "interval": {
            "point_co2e_t": finite_or_none(interval.value),
            "lower_co2e_t": finite_or_none(interval.lower),
            "upper_co2e_t": finite_or_none(interval.upper),
            "averages_out_co2e_t": finite_or_none(interval.averages_out),
            "shared_co2e_t": finite_or_none(interval.shared),
            "confidence": interval.confidence,
            "without_interval": interval.without_interval,
            "without_factor_uncertainty": interval.without_spread,
        },
    }
