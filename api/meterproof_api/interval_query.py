"""Intervals as a client asks for them: of one counter, between two local days, as they are or added up by day."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from meterproof_api.plants import Plant
from meterproof_api.problems import not_accepted
from meterproof_api.statement import Json
from meterproof_core.errors import SettingsError
from meterproof_core.quantities import Kind, quantity
from meterproof_core.storage import IntervalColumns, IntervalsStore, SeriesKey
from meterproof_mv.aggregate import daily_totals, midnight_ms
from meterproof_mv.findings import finite_or_none

INTERVALS_A_DAY = 96
MOST_INTERVALS = 40_000
MOST_DAYS = 3_700


class Grain(StrEnum):
    """How fine the answer is."""

    QUARTER_HOUR = "15min"
    DAY = "day"


class IntervalQuestion(BaseModel):
    """Which intervals are wanted: from the start of one local day to the start of another."""

    model_config = ConfigDict(extra="forbid")

    quantity: Annotated[str, Field(description="a counter, such as energy_import_kwh")]
    start: Annotated[date, Field(description="first local day")]
    end: Annotated[date, Field(description="first local day that is no longer wanted")]
    level: Annotated[Grain, Field(description="15min or day")] = Grain.DAY


def intervals_answer(plant: Plant, point: str, question: IntervalQuestion, store: IntervalsStore) -> Json:
    """Return the intervals of a counter by column.

    Raises
    ------
    ProblemError
        When the quantity is no counter, the period is empty, or more is wanted than one answer may hold.
    """
    _check(question)
    zone = ZoneInfo(plant.time_zone)
    start_ms, end_ms = midnight_ms(question.start, zone), midnight_ms(question.end, zone)
    columns = store.read(SeriesKey(plant.id, point, question.quantity), start_ms, end_ms)
    head = {
        "plant": plant.id,
        "point": point,
        "quantity": question.quantity,
        "time_zone": plant.time_zone,
        "start": question.start.isoformat(),
        "end": question.end.isoformat(),
        "level": question.level.value,
    }
    by_level = _by_day(columns, plant, question) if question.level is Grain.DAY else _as_they_are(columns)
    return {**head, **by_level}


def _check(question: IntervalQuestion) -> None:
    try:
        known = quantity(question.quantity)
    except SettingsError as error:
        raise not_accepted(str(error)) from error
    if known.kind is not Kind.COUNTER:
        raise not_accepted(f"quantity {question.quantity!r} is a momentary value; only counters have intervals")
    days = (question.end - question.start).days
    if days < 1:
        raise not_accepted(f"start {question.start} to end {question.end} holds no day; use an end after the start")
    rows, most = (days, MOST_DAYS) if question.level is Grain.DAY else (days * INTERVALS_A_DAY, MOST_INTERVALS)
    if rows > most:
        raise not_accepted(
            f"start {question.start} to end {question.end} may hold {rows:,} rows at level {question.level.value}; "
            f"at most {most:,} are answered at once: ask for a shorter period or a coarser level"
        )


def _as_they_are(columns: IntervalColumns) -> Json:
    return {
        "start_ms": np.asarray(columns.start_ms, np.int64).tolist(),
        "end_ms": np.asarray(columns.end_ms, np.int64).tolist(),
        "amount": np.asarray(columns.amount, np.float64).tolist(),
        "register_start": np.asarray(columns.register_start, np.float64).tolist(),
        "register_end": np.asarray(columns.register_end, np.float64).tolist(),
        "is_span": np.asarray(columns.is_span, np.bool_).tolist(),
    }


def _by_day(columns: IntervalColumns, plant: Plant, question: IntervalQuestion) -> Json:
    totals = daily_totals(
        np.asarray(columns.start_ms, np.int64),
        np.asarray(columns.end_ms, np.int64),
        np.asarray(columns.amount, np.float64),
        np.asarray(columns.is_span, np.bool_),
        zone=plant.time_zone,
    )
    # a span may reach in from before, and out behind
    wanted = (totals.day >= np.datetime64(question.start)) & (totals.day < np.datetime64(question.end))
    return {
        "day": np.datetime_as_string(totals.day[wanted], unit="D").tolist(),
        "amount": [finite_or_none(amount) for amount in totals.amount[wanted].tolist()],
        "from_spans": totals.from_spans[wanted].tolist(),
        "completeness": totals.completeness[wanted].tolist(),
        "cut_by_span": totals.cut_by_span[wanted].tolist(),
    }
