"""Counted statements as columns, so that every total of the programme is a sum over an array."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import nan

import numpy as np
import numpy.typing as npt

from meterproof_api.programme.statement_fields import SIGNED, FactorFields, OptionFields, Statement, StreamFields
from meterproof_mv.dossier.vocabulary import Technique
from meterproof_mv.portfolio import NOTHING_SHARED, PortfolioTerms, relative_spread

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

UNKNOWN = "unknown"
SEVERAL = "several"
_TECHNIQUES = frozenset(technique.value for technique in Technique)
_WHOLE_GASES = ("CO2", "CO2e")


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column of keys.

    Parameters
    ----------
    names : tuple of str
        Every key once, in rising order.
    code : (n,) int64
        Row of `names` for each row of the column.
    """

    names: tuple[str, ...]
    code: IntArray


@dataclass(frozen=True, slots=True)
class Use:
    """Verified use of one carrier: only amounts of one carrier, unit and calorific basis are added."""

    carrier: str
    unit: str
    calorific_basis: str


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Counted statements, their options, their claimed uses and their claimed tonnes.

    Parameters
    ----------
    statements : tuple of Statement
        The rows of the next columns.
    plant, country, sector, technique : Coded
        Keys of each.
    claimable, provisional, unsigned : (n,) bool
        Whether it claims, claims with a factor that nobody compared with its source, is unsigned.
    is_year, annual : (n,) bool
        Whether its reporting period is a year, and whether it tells the annual rate of its plant.
    verified : (n,) float64
        What it claims [t CO2e].
    option_country, option_sector, option_technique, option_state : Coded
        Of each option of a plant, once, as its newest statement tells it.
    uses : tuple of Use
        The kinds of use.
    use_row, use_kind, use_amount : arrays (k,)
        Statement, kind and verified amount of each claimed stream.
    term_row : (m,) int64
        Statement of each of the next.
    terms : PortfolioTerms
        Claimed streams that have tonnes.
    """

    statements: tuple[Statement, ...]
    plant: Coded
    country: Coded
    sector: Coded
    technique: Coded
    claimable: BoolArray
    provisional: BoolArray
    unsigned: BoolArray
    is_year: BoolArray
    annual: BoolArray
    verified: FloatArray
    option_country: Coded
    option_sector: Coded
    option_technique: Coded
    option_state: Coded
    uses: tuple[Use, ...]
    use_row: IntArray
    use_kind: IntArray
    use_amount: FloatArray
    term_row: IntArray
    terms: PortfolioTerms


def columns_of(statements: Sequence[Statement], annual: frozenset[str]) -> Columns:
    """Return counted statements as columns.

    Parameters
    ----------
    statements : sequence of Statement
        Those of one block.
    annual : frozenset of str
        Ids of those that tell an annual rate.
    """
    plant = coded(one.plant.id for one in statements)
    options = _options(statements)
    claimable = np.array([one.is_claimable for one in statements], bool)
    rows = np.flatnonzero(claimable).tolist()
    claimed = [(row, stream) for row in rows for stream in statements[row].streams if stream.is_claimed]
    kinds = [Use(stream.carrier, stream.unit, stream.calorific_basis or "") for _, stream in claimed]
    uses = tuple(sorted(set(kinds), key=lambda use: (use.carrier, use.unit, use.calorific_basis)))
    number = {use: row for row, use in enumerate(uses)}
    with_tonnes = [(row, stream) for row, stream in claimed if stream.tonnes is not None]
    return Columns(
        statements=tuple(statements),
        plant=plant,
        country=coded(one.plant.country or UNKNOWN for one in statements),
        sector=coded(one.plant.sector or UNKNOWN for one in statements),
        technique=coded(technique_of(one) for one in statements),
        claimable=claimable,
        provisional=claimable & np.array([one.provisional for one in statements], bool),
        unsigned=np.array([one.state != SIGNED for one in statements], bool),
        is_year=np.array([one.is_annual for one in statements], bool),
        annual=np.array([one.statement_id in annual for one in statements], bool),
        verified=np.array([one.verified_t for one in statements], np.float64),
        option_country=coded(one.plant.country or UNKNOWN for one, _ in options),
        option_sector=coded(one.plant.sector or UNKNOWN for one, _ in options),
        option_technique=coded(_known(option.technique) for _, option in options),
        option_state=coded(option.state.value for _, option in options),
        uses=uses,
        use_row=np.array([row for row, _ in claimed], np.int64),
        use_kind=np.array([number[kind] for kind in kinds], np.int64),
        use_amount=np.array([stream.verified for _, stream in claimed], np.float64),
        term_row=np.array([row for row, _ in with_tonnes], np.int64),
        terms=_terms(statements, with_tonnes, plant.code),
    )


def coded(values: Iterable[str]) -> Coded:
    """Return a column of keys.

    Examples
    --------
    >>> coded(["TH", "KR", "TH"]).names
    ('KR', 'TH')
    """
    column = list(values)
    names = tuple(sorted(set(column)))
    number = {name: row for row, name in enumerate(names)}
    return Coded(names, np.array([number[value] for value in column], np.int64))


def technique_of(statement: Statement) -> str:
    """Return the technique under which a statement's tonnes are counted; they are never split between techniques."""
    found = {_known(option.technique) for option in statement.options}
    if not found:
        return UNKNOWN
    return found.pop() if len(found) == 1 else SEVERAL


def _known(technique: str) -> str:
    return technique if technique in _TECHNIQUES else UNKNOWN


def _options(statements: Iterable[Statement]) -> list[tuple[Statement, OptionFields]]:
    """Return every option of every plant once, as its newest statement tells it."""
    newest: dict[str, tuple[Statement, OptionFields]] = {}
    for one in statements:
        for option in one.options:
            key = f"{one.plant.id}\n{option.id}"
            before = newest.get(key)
            if before is None or before[0].issued_at < one.issued_at:
                newest[key] = one, option
    return list(newest.values())


def _terms(
    statements: Sequence[Statement], claimed: Sequence[tuple[int, StreamFields]], plant: IntArray
) -> PortfolioTerms:
    number: dict[str, int] = {}
    spreads: list[float] = []
    factors: list[int] = []
    for row, stream in claimed:
        factor = _factor_of(statements[row], stream)
        if factor is None:
            factors.append(NOTHING_SHARED)
            continue
        if factor.ref not in number:
            number[factor.ref] = len(spreads)
            spreads.append(spread_of(factor))
        factors.append(number[factor.ref])
    errors = list(chain.from_iterable(_error(stream) for _, stream in claimed))
    value, error, freedom = np.array(errors, np.float64).reshape(-1, 3).T
    rows = np.array([row for row, _ in claimed], np.int64)
    return PortfolioTerms(
        value, error, freedom, plant[rows], np.array(factors, np.int64), np.array(spreads, np.float64)
    )


def _factor_of(statement: Statement, stream: StreamFields) -> FactorFields | None:
    """Return the factor of its carbon dioxide, or of the gases together; of several the least certain one."""
    found = [
        factor
        for factor in statement.factors
        if factor.quantity == "ef"
        and factor.gas in _WHOLE_GASES
        and (factor.ref in stream.factors if stream.factors else factor.carrier == stream.carrier)
    ]
    if len(found) < 2:
        return found[0] if found else None
    return max(found, key=lambda factor: (np.nan_to_num(spread_of(factor), nan=-1.0), factor.ref))


def spread_of(factor: FactorFields) -> float:
    """Return the relative standard uncertainty of a factor; NaN where its publisher gives no range [fraction]."""
    try:
        return relative_spread(float(factor.value), float(factor.uncertainty_low), float(factor.uncertainty_high))
    except ValueError:
        return nan


def _error(stream: StreamFields) -> tuple[float, float, float]:
    """Return point value, standard error and degrees of freedom; NaN where there is no interval [t CO2e]."""
    tonnes, savings = stream.tonnes, stream.savings
    value = tonnes.co2e_t if tonnes and tonnes.co2e_t is not None else nan
    if tonnes is None or savings is None or savings.standard_error is None or savings.degrees_of_freedom is None:
        return value, nan, nan
    bounds = tonnes.lower, tonnes.upper, savings.lower, savings.upper
    if any(bound is None for bound in bounds):
        return value, nan, nan
    low, high, least, most = (float(bound or 0.0) for bound in bounds)
    if not most > least:
        return value, nan, nan
    each = (high - low) / (most - least)  # a statement's tonnes are its savings times a constant
    return value, savings.standard_error * each, savings.degrees_of_freedom
