"""How much heat a fuel gives, and on which basis: a figure without its basis is wrong by a tenth for gas."""

from dataclasses import dataclass
from enum import StrEnum


class CalorificBasis(StrEnum):
    """Whether the heat of the water vapour in the flue gas is counted."""

    NET = "net"  # it is not: lower heating value, as in the IPCC tables
    GROSS = "gross"  # it is: higher heating value, as on most gas bills


@dataclass(frozen=True, slots=True)
class HeatContent:
    """Heat of one unit of a fuel.

    Parameters
    ----------
    value : str
        Exactly as its source prints it.
    unit : str
        Such as ``MJ/m3``, ``kWh/m3``, ``GJ/t``.
    basis : CalorificBasis
        Net or gross.
    source : str
        Document, supplier, date: enough for a stranger to find the number.
    """

    value: str
    unit: str
    basis: CalorificBasis
    source: str
