"""What the API knows of a plant besides its readings: the stand-in for the registry.

A plant is a plain value, so that pages, statements and tests need no database; whatever keeps plants only has to offer
the two calls of `PlantDirectory`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from meterproof_core.storage import SeriesKey
from meterproof_mv.dossier.plan import OptionRecord, Period
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.heat_content import CalorificBasis, HeatContent


class PointInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A metering point and what people call it."""

    id: str
    label: str


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where figures come from: a counter of a metering point, or a hand-kept series.

    Parameters
    ----------
    point, quantity : str
        A metering point and its counter; empty for a hand-kept series.
    records : str
        ``kind/series`` of imported records, such as ``bills/natural_gas``; empty for a counter.
    """

    point: str = ""
    quantity: str = ""
    records: str = ""

    @property
    def series(self) -> str:
        """The name of its series in a dossier."""
        return self.records or f"metered/{self.point}/{self.quantity}"

    def key(self, plant: str) -> SeriesKey:
        """Return the series of its counter in the intervals store."""
        return SeriesKey(plant, self.point, self.quantity)


class EmissionsChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which emission factors turn a stream into tonnes; exactly one record of each gas must match.

    Parameters
    ----------
    basis : str
        Such as ``default`` (a fuel), ``generation``, ``location_average``, ``CM``.
    sector : str
        Such as ``manufacturing``; empty where it does not matter.
    region : str
        ISO 3166 code with an optional grid; empty where it does not matter.
    factor : str
        Begin of the factors' ids, when more than one publisher would match.
    """

    basis: str = ""
    sector: str = ""
    region: str = ""
    factor: str = ""


class StreamInfo(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One flow of energy, water or material over the measurement boundary.

    Parameters
    ----------
    id, label : str
        For machines and for people.
    carrier : str
        Such as ``electricity``, ``natural_gas``, ``water``.
    grain : Grain
        How long the compared rows are.
    drivers : tuple of str
        Names of the plant's drivers, or ``day_type``; none makes the model the mean.
    calorific_basis : CalorificBasis or None
        Of a fuel counted in kWh.
    heat_content : HeatContent or None
        Of a fuel counted by volume or mass.
    emissions : EmissionsChoice or None
        None gives no tonnes.
    """

    id: str
    label: str
    carrier: str
    grain: Grain = Grain.DAY
    drivers: tuple[str, ...] = ()
    calorific_basis: CalorificBasis | None = None
    heat_content: HeatContent | None = None
    emissions: EmissionsChoice | None = None


class DriverInfo(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An independent variable.

    Parameters
    ----------
    name : str
        As models name it.
    production : bool
        Whether it measures what the plant makes.
    """

    name: str
    production: bool = False


class Plant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plant as the registry tells of it.

    Parameters
    ----------
    id : str
        Its name in topics, stores and addresses.
    name : str
        Its name for people.
    country : str
        ISO 3166-1 alpha-2 code.
    sector : str
        Key of what it makes, such as ``ceramics``.
    time_zone : str
        IANA name; its days begin and end there.
    simulated : bool
        Whether plant or data are invented; shown wherever they are.
    origin : str
        Where the data come from, with attribution; one sentence for people.
    produces : bool
        Whether it makes a product, so that savings need a production driver.
    baseline_period, reporting_period : Period
        Local dates.
    streams : tuple of StreamInfo
        What is compared; the first is the one that its page shows first.
    points : tuple of PointInfo
        Its metering points.
    drivers : tuple of DriverInfo
        The independent variables that streams name.
    options : tuple of OptionRecord
        The linked options; none means that nothing can be claimed.
    gwp_set : str
        Global warming potentials.
    """

    id: str
    name: str
    country: str
    sector: str
    time_zone: str
    simulated: bool
    origin: str
    produces: bool
    baseline_period: Period
    reporting_period: Period
    streams: tuple[StreamInfo, ...]
    points: tuple[PointInfo, ...] = ()
    drivers: tuple[DriverInfo, ...] = ()
    options: tuple[OptionRecord, ...] = ()
    gwp_set: str = "AR5"

    @property
    def main(self) -> StreamInfo:
        """The stream that its page shows first."""
        return self.streams[0]

    def stream(self, stream_id: str) -> StreamInfo | None:
        """Return the stream of an id, or None when there is none."""
        return next((stream for stream in self.streams if stream.id == stream_id), None)


class PlantDirectory(Protocol):
    """Where the API looks plants up."""

    def plants(self) -> Sequence[Plant]:
        """Return every plant, sorted by id."""
        ...

    def plant(self, plant_id: str) -> Plant | None:
        """Return the plant of an id, or None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class PlantList:
    """Plants that are given as values: from a file, or in a test."""

    known: tuple[Plant, ...]

    def plants(self) -> Sequence[Plant]:
        """Return every plant, sorted by id."""
        return sorted(self.known, key=lambda plant: plant.id)

    def plant(self, plant_id: str) -> Plant | None:
        """Return the plant of an id, or None when there is none."""
        return next((plant for plant in self.known if plant.id == plant_id), None)
