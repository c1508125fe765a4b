"""The programme as flat records: the columns of its CSV file and its spreadsheet, each with its unit in the name."""

from collections.abc import Mapping
from datetime import timedelta
from math import isfinite

from meterproof_api.programme.columns import technique_of
from meterproof_api.programme.roll_up import Block
from meterproof_api.programme.rows import STATES, Row, TonnesSum, UseSum
from meterproof_api.programme.selection import Exclusion
from meterproof_api.programme.statement_fields import Statement

Cell = str | int | float | bool | None
Record = Mapping[str, Cell]
REAL, SIMULATED = "real", "simulated"


def block_name(simulated: bool | None) -> str:  # noqa: FBT001 - the value itself
    """Return how files call a block; empty when it is not known."""
    return "" if simulated is None else SIMULATED if simulated else REAL


def row_record(row: Row) -> Record:
    """Return a line of a breakdown."""
    return {
        "key": row.key,
        "plants": row.plants,
        "plants_claimable": row.plants_claimable,
        "statements": row.statements,
        "claimable": row.claimable,
        "provisional": row.provisional,
        "not_claimable": row.not_claimable,
        "unsigned": row.unsigned,
        **{f"options_{state}": count for state, count in zip(STATES, row.options, strict=True)},
        **_tonnes("annual", row.annual),
        "other_periods_verified_co2e_t": row.other_periods_t,
        **_tonnes("cumulative", row.cumulative),
        "use": "; ".join(use_text(use) for use in row.uses),
        "statement_ids": " ".join(row.statement_ids),
    }


def statement_record(statement: Statement, block: Block) -> Record:
    """Return a statement that counts."""
    return {
        "statement": statement.statement_id,
        "version": statement.version,
        "plant": statement.plant.id,
        "name": statement.plant.name,
        "country": statement.plant.country,
        "sector": statement.plant.sector,
        "technique": technique_of(statement),
        "reporting_start": statement.reporting_period.start.isoformat(),
        "reporting_last": (statement.reporting_period.end - timedelta(days=1)).isoformat(),
        "days": statement.days,
        "status": statement.status,
        "is_provisional": statement.provisional,
        "state": statement.state,
        "issued_at": statement.issued_at.isoformat(),
        "verified_co2e_t": statement.verified_t if statement.tonnes else None,
        "counts_annually": statement.statement_id in block.annual,
    }


def exclusion_record(exclusion: Exclusion) -> Record:
    """Return what is left out."""
    return {
        "statement": exclusion.statement_id,
        "version": exclusion.version,
        "plant": exclusion.plant,
        "reason": exclusion.reason.value,
        "left_out_of": exclusion.scope.value,
        "detail": exclusion.detail,
        "verified_co2e_t": exclusion.verified_t,
    }


def use_text(use: UseSum) -> str:
    """Return a verified use for a machine that reads text, such as ``natural_gas 1200.0 m3``."""
    basis = f" {use.use.calorific_basis}" if use.use.calorific_basis else ""
    return f"{use.use.carrier}{basis} {use.amount!r} {use.use.unit}"


def _tonnes(prefix: str, tonnes: TonnesSum) -> Record:
    interval = tonnes.interval
    figures = {
        "point": interval.value,
        "lower": interval.lower,
        "upper": interval.upper,
        "averages_out": interval.averages_out,
        "shared": interval.shared,
    }
    return {
        f"{prefix}_verified_co2e_t": tonnes.verified_t,
        f"{prefix}_provisional_co2e_t": tonnes.provisional_t,
        **{f"{prefix}_{name}_co2e_t": value if isfinite(value) else None for name, value in figures.items()},
        f"{prefix}_without_interval": interval.without_interval,
        f"{prefix}_without_factor_uncertainty": interval.without_spread,
    }
