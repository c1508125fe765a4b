"""Which factor records fit what is wanted: by the keys, by the day, and without those that were corrected."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.factors import Factor
from meterproof_mv.ghg.keys import BASES_NOT_USED
from meterproof_mv.heat_content import CalorificBasis

_LISTED = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a factor is wanted for; an empty key asks for nothing.

    Parameters
    ----------
    carrier : str
        Fuel, electricity, steam, material.
    sector, basis : str
        Such as ``manufacturing`` and ``default``, or ``generation`` of a grid.
    region : str
        ISO 3166 code, or with its grid: ``PH/Mindanao``.
    calorific_basis : CalorificBasis or None
        Of the figure that will be multiplied; of a fuel it should be given.
    on : date
        A day of the activity.
    """

    carrier: str
    _: KW_ONLY
    sector: str = ""
    region: str = ""
    basis: str = ""
    calorific_basis: CalorificBasis | None = None
    on: date

    def __str__(self) -> str:
        said = {
            "carrier": self.carrier,
            "sector": self.sector,
            "region": self.region,
            "basis": self.basis,
            "calorific basis": self.calorific_basis,
        }
        keys = ", ".join(f"{name} {text}" for name, text in said.items() if text)
        return f"{keys}, on {self.on}"


def matching(factors: Sequence[Factor], wanted: Wanted) -> list[Factor]:
    """Return the records that fit every key, are in force on the day, and were not corrected."""
    return [factor for factor in current(factors) if _fits(factor, wanted) and _valid(factor, wanted.on)]


def current(factors: Sequence[Factor]) -> list[Factor]:
    """Return records without those that a correction took the place of."""
    newest: dict[str, int] = {}
    for factor in factors:
        newest[factor.factor_id] = max(factor.version, newest.get(factor.factor_id, 0))
    superseded = {factor.supersedes for factor in factors}
    return [factor for factor in factors if factor.version == newest[factor.factor_id] and factor.ref not in superseded]


def _fits(factor: Factor, wanted: Wanted) -> bool:
    if factor.basis in BASES_NOT_USED and factor.basis != wanted.basis:
        return False
    return (
        factor.carrier == wanted.carrier
        and _same(factor.sector, wanted.sector)
        and _same(factor.basis, wanted.basis)
        and _in_region(factor.region, wanted.region)
        and _same(factor.calorific_basis or "", wanted.calorific_basis or "")
    )


def _same(said: str, wanted: str) -> bool:
    return not said or not wanted or said == wanted


def _in_region(said: str, wanted: str) -> bool:
    """Return whether one lies in the other: a country's factor holds in its grids, and a country has many."""
    return _same(said, wanted) or said.startswith(f"{wanted}/") or wanted.startswith(f"{said}/")


def _valid(factor: Factor, on: date) -> bool:
    return (factor.valid_from or on) <= on < (factor.valid_to or date.max)


def the_one(fitting: Sequence[Factor], wanted: Wanted, what: str, known: Sequence[Factor]) -> Factor:
    """Return the one record of the activity's time.

    Raises
    ------
    FactorError
        When there is none, or more than one; the message lists them, or what comes near among the known ones.
    """
    nearest = _of_the_time(fitting, wanted.on)
    if len(nearest) == 1:
        return nearest[0]
    if nearest:
        raise FactorError(
            f"{what} for {wanted}: {len(nearest)} match, one is accepted; choose by a key: {told(nearest)}"
        )
    same = [factor for factor in known if wanted.carrier and factor.carrier == wanted.carrier]
    same = [factor for factor in same if _in_region(factor.region, wanted.region)] or same
    carriers = ", ".join(sorted({factor.carrier for factor in known if factor.carrier})) or "none"
    near = f"of that carrier there are {told(same)}" if same else f"known carriers are {carriers}"
    raise FactorError(f"{what} for {wanted}: none matches; {near}")


def _of_the_time(factors: Sequence[Factor], on: date) -> list[Factor]:
    timed = [(factor, factor.described) for factor in factors]
    now = [factor for factor, days in timed if days is None or days[0] <= on < days[1]]
    if now:
        return now
    ends = [days[1] for _, days in timed if days is not None and days[1] <= on]
    if ends:
        return [factor for factor, days in timed if days is not None and days[1] == max(ends)]
    starts = [days[0] for _, days in timed if days is not None]
    return [factor for factor, days in timed if days is not None and days[0] == min(starts)]


def told(factors: Sequence[Factor]) -> str:
    """Return records as a list that tells them apart."""
    lines = [_line(factor) for factor in factors[:_LISTED]]
    more = len(factors) - _LISTED
    return "; ".join([*lines, *([f"and {more} more"] if more > 0 else [])]) or "none"


def _line(factor: Factor) -> str:
    basis = f", {factor.calorific_basis}" if factor.calorific_basis else ""
    keys = " ".join(text for text in (factor.sector, factor.region, factor.basis, factor.reference_year) if text)
    return f"{factor.ref} ({factor.value} {factor.unit}{basis}; {keys})"
