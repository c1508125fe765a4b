"""Emission-factor records: a number that cannot say where it comes from is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from meterproof_mv.heat_content import CalorificBasis


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
        Year or fiscal year of the data behind it.
    valid_from, valid_to : date or None
        Half-open.
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
    valid_from: date | None = None
    valid_to: date | None = None
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
        """The value as a number."""
        return float(self.value)

    def to_dict(self) -> Mapping[str, Any]:
        """Return it JSON-able: dates in ISO 8601, None where there is nothing."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
