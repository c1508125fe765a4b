"""Gathers the dossier of a plant: its record, its intervals, its hand-kept records, its factors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from meterproof_api.emissions import plant_factors, stream_factors_of
from meterproof_api.importing.records import is_spread, ranges_of, read_imports, records_of
from meterproof_api.plants import DriverInfo, Plant, Source, StreamInfo
from meterproof_core.quantities import quantity
from meterproof_core.storage import IntervalsStore, Journal, SeriesKey
from meterproof_mv.dossier.plan import DAY_TYPE, DriverPlan, Plan, PlantFacts, StreamPlan
from meterproof_mv.dossier.series import Dossier, ImportedRange, Metered, Recorded, RecordRow, Series
from meterproof_mv.local_clock import midnight_ms

_Imported = Mapping[SeriesKey, tuple[ImportedRange, ...]]


@dataclass(frozen=True, slots=True)
class Books:
    """Where the data of a plant are.

    Parameters
    ----------
    intervals : IntervalsStore
        What the ledger made, and what was imported as history.
    journal : Journal
        Hand-kept records.
    """

    intervals: IntervalsStore
    journal: Journal


def gather(plant: Plant, books: Books) -> Dossier:
    """Return everything that a statement of a plant is computed from, as the stores have it now.

    Raises
    ------
    StoreError
        When a store fails.
    FactorError
        When a stream's choice of emission factors matches none, or more than one.
    """
    sources: tuple[Source, ...] = (*plant.streams, *(d for d in plant.drivers if d.name != DAY_TYPE))
    imports = read_imports(books.journal, plant.id)
    records = records_of(imports) if any(source.records for source in sources) else {}
    imported = ranges_of(imports)
    series: dict[str, Series] = {}
    for source in sources:
        if source.series in series:
            continue
        if source.records:
            series[source.series] = _of_periods(plant, records.get(source.records) or _nothing(source))
        else:
            series[source.series] = _metered(plant, source, books, imported)
    return Dossier(plan_of(plant, series), series, plant_factors(plant))


def plan_of(plant: Plant, series: dict[str, Series]) -> Plan:
    """Return what people decided of a plant, with the units that its series have."""
    named = {driver.name for driver in plant.drivers}
    drivers = [_driver(driver, series) for driver in plant.drivers]
    if DAY_TYPE not in named and any(DAY_TYPE in stream.drivers for stream in plant.streams):
        drivers.append(DriverPlan(DAY_TYPE, "", "", production=False))
    return Plan(
        plant=PlantFacts(
            id=plant.id,
            name=plant.name,
            country=plant.country,
            sector=plant.sector,
            time_zone=plant.time_zone,
            simulated=plant.simulated,
            origin=plant.origin,
            produces=plant.produces,
        ),
        baseline=plant.baseline_period,
        reporting=plant.reporting_period,
        streams=tuple(_stream(plant, stream, series) for stream in plant.streams),
        drivers=tuple(drivers),
        options=plant.options,
        gwp_set=plant.gwp_set,
    )


def _driver(driver: DriverInfo, series: dict[str, Series]) -> DriverPlan:
    if driver.name == DAY_TYPE:
        return DriverPlan(DAY_TYPE, "", "", production=False)
    return DriverPlan(driver.name, driver.series, series[driver.series].unit, driver.production)


def _stream(plant: Plant, stream: StreamInfo, series: dict[str, Series]) -> StreamPlan:
    return StreamPlan(
        id=stream.id,
        label=stream.label,
        carrier=stream.carrier,
        unit=series[stream.series].unit,
        grain=stream.grain,
        series=stream.series,
        drivers=stream.drivers,
        calorific_basis=stream.calorific_basis,
        heat_content=stream.heat_content,
        factors=tuple(factor.ref for factor in stream_factors_of(plant, stream)),
    )


def _nothing(source: Source) -> Recorded:
    """Return a series without rows, of which nothing was imported yet."""
    spread = is_spread(source.records)
    return Recorded(source.records, "kWh" if spread else "1", (), spread=spread)


def _of_periods(plant: Plant, recorded: Recorded) -> Recorded:
    """Return the rows of a plant's periods, the estimates that lead into them and the reads that settle them."""
    first, end = plant.baseline_period.start, plant.reporting_period.end
    kept: list[RecordRow] = []
    leading: list[RecordRow] = []
    for row in recorded.rows:
        if row.end <= first:
            leading = [*leading, row] if row.estimated else []
        elif row.start < end or (kept and kept[-1].estimated):
            kept.append(row)
    return replace(recorded, rows=(*leading, *kept) if kept else ())


def _metered(plant: Plant, source: Source, books: Books, imported: _Imported) -> Metered:
    zone = ZoneInfo(plant.time_zone)
    start, end = plant.baseline_period.start, plant.reporting_period.end
    found = books.intervals.read(source.key(plant.id), midnight_ms(start, zone), midnight_ms(end, zone))
    return Metered(
        point=source.point,
        quantity=source.quantity,
        unit=quantity(source.quantity).unit,
        start_ms=np.asarray(found.start_ms, np.int64),
        end_ms=np.asarray(found.end_ms, np.int64),
        amount=np.asarray(found.amount, np.float64),
        register_start=np.asarray(found.register_start, np.float64),
        register_end=np.asarray(found.register_end, np.float64),
        is_span=np.asarray(found.is_span, np.bool_),
        imported=imported.get(source.key(plant.id), ()),
    )
