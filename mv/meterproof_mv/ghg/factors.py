"""Emission-factor records: a number that cannot say where it comes from is refused."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from meterproof_mv.errors import FactorError
from meterproof_mv.heat_content import CalorificBasis

_YEARS = re.compile(r"((?:19|20)\d\d)(?:-((?:19|20)\d\d))?")


class Gas(StrEnum):
    """What a factor counts; CO2E only where its publisher added the gases up."""

    CO2 = "CO2"
    CH4 = "CH4"
    N2O = "N2O"
    CO2E = "CO2e"


class FactorQuantity(StrEnum):
    """What kind of number a record holds."""

    EF = "ef"
    NCV = "ncv"
    GCV = "gcv"
    GWP = "gwp"
    SHARE = "share"
    LOSS = "loss"


class FactorTrust(StrEnum):
    """How far the number is known to be what its source prints."""

    VERIFIED = "verified"
    EXCERPT = "seen_in_excerpt"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One immutable record; a correction is a new version.

    Parameters
    ----------
    factor_id, version : str, int
        Results store both.
    value, unit : str
        Exactly as printed, and its unit, such as ``kg/TJ``, ``tCO2/MWh``, ``TJ/Gg``, ``kg/MMBtu``, ``t/t``.
    quantity : FactorQuantity
        What kind of number it is.
    carrier : str
        Fuel, electricity, steam, material; of a GWP empty.
    publisher, document, edition, page_or_table : str
        Enough for a stranger to find the number; publisher and document are never empty.
    trust : FactorTrust
        How far it was compared with its source.
    gas : Gas or None
        None for heating values, shares and losses.
    gwp_set : str
        Of a GWP its set; inside a CO2e value the set that is frozen there; else empty.
    sector, region, basis : str
        Keys; empty where they do not matter.
    includes_losses : str
        ``yes``, ``no``, ``unknown`` or empty.
    calorific_basis : CalorificBasis or None
        Of factors per energy.
    biogenic : bool
        Whether its CO2 goes to the memo.
    reference_year : str
        Year, years or fiscal year of the data behind it, as printed.
    reference_days : str
        The same as days, ``2024-04-01/2025-04-01``, half-open; needed of a fiscal year, whose label does not say when
        it begins.
    valid_from, valid_to : date or None
        Half-open; outside them it is never chosen.
    official : str
        Whether the authority in charge stands behind it: ``yes``, ``no``, ``computed`` by us from official ones; empty
        where the question does not arise.
    uncertainty_low, uncertainty_high, uncertainty_kind : str
        95 % range as printed; empty where unknown, never invented.
    checked_by, checked_on : str, date or None
        Who compared it with the original.
    supersedes, note : str
        ``id@version``, and a remark.
    """

    factor_id: str
    version: int
    value: str
    unit: str
    quantity: FactorQuantity
    carrier: str
    publisher: str
    document: str
    edition: str
    page_or_table: str
    trust: FactorTrust
    gas: Gas | None = None
    gwp_set: str = ""
    sector: str = ""
    region: str = ""
    basis: str = ""
    includes_losses: str = ""
    calorific_basis: CalorificBasis | None = None
    biogenic: bool = False
    reference_year: str = ""
    reference_days: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    official: str = ""
    uncertainty_low: str = ""
    uncertainty_high: str = ""
    uncertainty_kind: str = ""
    checked_by: str = ""
    checked_on: date | None = None
    supersedes: str = ""
    note: str = ""

    @property
    def ref(self) -> str:
        """``id@version``, as statements pin it."""
        return f"{self.factor_id}@{self.version}"

    @property
    def number(self) -> float:
        """The value as a number.

        Raises
        ------
        FactorError
            When it is none, or below 0.
        """
        try:
            value = float(self.value)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            raise FactorError(f"{self.ref}: value {self.value!r}; a number of 0 or more is accepted")
        return value

    @property
    def described(self) -> tuple[date, date] | None:
        """The days that the data behind it describe, half-open; None when it does not say.

        Raises
        ------
        FactorError
            When the reference year is none that a calendar knows, and no days are given.
        """
        if self.reference_days:
            return self._interval()
        if not self.reference_year:
            return None
        years = _YEARS.fullmatch(self.reference_year)
        if years is None or int(years[1]) > int(years[2] or years[1]):
            raise FactorError(
                f"{self.ref}: reference_year {self.reference_year!r}; a year such as 2022 or 2015-2017 is accepted, "
                "of a fiscal year also reference_days, such as 2024-04-01/2025-04-01"
            )
        return date(int(years[1]), 1, 1), date(int(years[2] or years[1]) + 1, 1, 1)

    def _interval(self) -> tuple[date, date]:
        first, _, last = self.reference_days.partition("/")
        try:
            days = date.fromisoformat(first), date.fromisoformat(last)
        except ValueError:
            days = None
        if days is None or days[0] >= days[1]:
            raise FactorError(
                f"{self.ref}: reference_days {self.reference_days!r}; two rising days such as "
                "2024-04-01/2025-04-01 are accepted"
            )
        return days

    def to_dict(self) -> Mapping[str, Any]:
        """Return it JSON-able: dates in ISO 8601, None where there is nothing."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
