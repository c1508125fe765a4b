"""Whether a plant's record makes sense: every complaint names key, value and what is accepted."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meterproof_api.countries import is_country
from meterproof_api.importing.kinds import Kind as RecordKind
from meterproof_api.importing.records import is_spread
from meterproof_api.plants import Plant, Source
from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.quantities import Kind, quantity
from meterproof_mv.dossier.calendar import check_periods
from meterproof_mv.dossier.plan import DAY_TYPE, Period
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.errors import PlanError

RECORD_KINDS = tuple(kind.value for kind in RecordKind if not kind.by_column)
"""The kinds of hand-kept records that a stream or a driver may name."""
_MOST_DAYS = 3700  # ten years: a page shows every day


def complaints(plant: Plant) -> Iterator[str]:
    """Yield what is wrong with a plant's record."""
    yield from _bad_names(plant)
    yield from _bad_ids("points", [point.id for point in plant.points])
    yield from _bad_ids("streams", [stream.id for stream in plant.streams])
    yield from _bad_ids("drivers", [driver.name for driver in plant.drivers])
    yield from _bad_ids("options", [option.id for option in plant.options])
    yield from _bad_periods(plant)
    yield from _bad_streams(plant)
    yield from _bad_references(plant)


def _bad_names(plant: Plant) -> Iterator[str]:
    if not is_id(plant.id):
        yield f"id {plant.id!r} is not an id; use {ID_RULE}"
    for key in ("name", "sector", "origin"):
        if not getattr(plant, key).strip():
            yield f"{key} is empty; give a text"
    if not is_country(plant.country):
        yield f"country {plant.country!r} unknown; use an ISO 3166-1 code of two capitals, such as 'LK'"
    try:
        ZoneInfo(plant.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"time_zone {plant.time_zone!r} unknown; use an IANA name, such as 'Asia/Colombo'"


def _bad_ids(what: str, ids: list[str]) -> Iterator[str]:
    for name in ids:
        if not is_id(name.replace("_", "-") if what == "drivers" else name):
            yield f"{what}: id {name!r} is not an id; use {ID_RULE}"
        if ids.count(name) > 1:
            yield f"{what}: id {name!r} is given {ids.count(name)} times; give each once"


def _bad_periods(plant: Plant) -> Iterator[str]:
    periods: dict[str, Period] = {
        "baseline_period": plant.baseline_period,
        "reporting_period": plant.reporting_period,
    }
    try:
        check_periods(*periods.values())
    except PlanError as error:
        yield str(error)
    for key, period in periods.items():
        if period.days > _MOST_DAYS:
            yield f"{key} {period.start} to {period.end} holds {period.days:,} days; {_MOST_DAYS:,} are accepted"
        whole = period.start.day == period.end.day == 1
        if not whole and any(stream.grain is Grain.MONTH for stream in plant.streams):
            yield f"{key} {period.start} to {period.end}: streams by month need periods that begin and end with months"


def _bad_streams(plant: Plant) -> Iterator[str]:
    if not plant.streams:
        yield "streams: there is none; give at least one"
    named: list[tuple[str, Source]] = [(f"stream {stream.id!r}", stream) for stream in plant.streams]
    named += [(f"driver {driver.name!r}", driver) for driver in plant.drivers if driver.name != DAY_TYPE]
    points = [point.id for point in plant.points]
    for who, source in named:
        for complaint in _bad_source(source, points):
            yield f"{who}: {complaint}"
    series = [stream.series for stream in plant.streams]
    for stream in plant.streams:
        if series.count(stream.series) > 1:
            yield f"stream {stream.id!r}: {stream.series} is the source of another stream too; give each its own"
        if is_spread(stream.records) and stream.grain is not Grain.MONTH:
            yield f"stream {stream.id!r}: grain {stream.grain.value!r} is finer than bills are; use 'month'"


def _bad_source(source: Source, points: list[str]) -> Iterator[str]:
    if source.records:
        kind, slash, name = source.records.partition("/")
        if source.point or source.quantity:
            yield f"records {source.records!r} and point {source.point!r} are both given; give one of them"
        if kind not in RECORD_KINDS or not slash or not name:
            yield f"records {source.records!r} unknown; use kind/series, with a kind of {', '.join(RECORD_KINDS)}"
        return
    if source.point not in points:
        accepted = f"use {', '.join(points)}" if points else "list it under points, or give records"
        yield f"point {source.point!r} is not among the points; {accepted}"
    yield from _bad_quantity(source.quantity)


def _bad_quantity(name: str) -> Iterator[str]:
    try:
        known = quantity(name)
    except SettingsError as error:
        yield str(error)
        return
    if known.kind is not Kind.COUNTER:
        yield f"quantity {name!r} is a momentary value; use a counter, such as 'energy_import_kwh'"


def _bad_references(plant: Plant) -> Iterator[str]:
    drivers, streams = {driver.name for driver in plant.drivers} | {DAY_TYPE}, {s.id for s in plant.streams}
    for stream in plant.streams:
        for name in stream.drivers:
            if name not in drivers:
                yield f"stream {stream.id!r}: driver {name!r} unknown; use {', '.join(sorted(drivers))}"
            if name == DAY_TYPE and stream.grain is not Grain.DAY:
                yield f"stream {stream.id!r}: driver {name!r} says nothing of a month; use grain 'day'"
    for option in plant.options:
        for name in option.streams:
            if name not in streams:
                yield f"option {option.id!r}: stream {name!r} unknown; use {', '.join(sorted(streams))}"
