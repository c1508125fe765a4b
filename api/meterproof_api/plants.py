"""What the API knows of a plant besides its readings: the stand-in for the registry.

A plant is a plain value, so that pages, statements and tests need no database; whatever keeps plants only has to offer
the two calls of `PlantDirectory`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import msgspec

DAY_TYPE = "day_type"
DRIVERS: tuple[str, ...] = (DAY_TYPE,)
"""The drivers that can be made without further data: weekday or weekend from the plant's calendar."""


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days of the plant's own calendar, half-open: `end` is the first day that no longer belongs to it."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days in it."""
        return (self.end - self.start).days


class PointInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A metering point and what people call it."""

    id: str
    label: str


class OptionRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cleaner-production option that is linked to the plant's savings.

    Parameters
    ----------
    id : str
        Stays the same for the life of the option.
    title : str
        What was changed, in a few words.
    technique : str
        The cleaner-production technique it belongs to.
    date : date
        First day on which it worked.
    """

    id: str
    title: str
    technique: str
    date: date


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
        What it makes, in a few words.
    time_zone : str
        IANA name; its days begin and end there.
    simulated : bool
        Whether plant or data are invented; shown wherever they are.
    origin : str
        Where the data come from, with attribution; one sentence for people.
    produces : bool
        Whether it makes a product, so that savings need a production driver.
    points : tuple of PointInfo
        Its metering points.
    main_point, main_quantity : str
        The counter that savings are computed from.
    baseline_period, reporting_period : Period
        Local dates.
    drivers : tuple of str
        Names from `DRIVERS`.
    options : tuple of OptionRef
        The linked options; none means that nothing can be claimed.
    """

    id: str
    name: str
    country: str
    sector: str
    time_zone: str
    simulated: bool
    origin: str
    produces: bool
    points: tuple[PointInfo, ...]
    main_point: str
    main_quantity: str
    baseline_period: Period
    reporting_period: Period
    drivers: tuple[str, ...] = (DAY_TYPE,)
    options: tuple[OptionRef, ...] = ()


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
