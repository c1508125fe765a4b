"""What a line of the programme table says; each figure in its own column, each with the statements behind it."""

from dataclasses import dataclass

from meterproof_api.programme.columns import Use
from meterproof_mv.dossier.vocabulary import OptionState
from meterproof_mv.portfolio import PortfolioSum

TOTAL = "total"
STATES = tuple(state.value for state in OptionState)


@dataclass(frozen=True, slots=True)
class TonnesSum:
    """Verified tonnes and how sure the point values behind them are.

    Parameters
    ----------
    verified_t : float
        Sum of the verified values: of lower bounds, so more cautious than a bound of the sum [t CO2e].
    provisional_t : float
        The part of it that rests on a factor which nobody compared with its source [t CO2e].
    interval : PortfolioSum
        Sum of the point values of the same streams, with its interval.
    """

    verified_t: float
    provisional_t: float
    interval: PortfolioSum


@dataclass(frozen=True, slots=True)
class UseSum:
    """Verified use of a kind over all reporting periods that count."""

    use: Use
    amount: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    key : str
        Country code, sector, technique, ``unknown``, ``several`` or ``total``.
    plants, plants_claimable : int
        With a statement, and with one that claims.
    options : tuple of int
        In each of `STATES`.
    statements, claimable, provisional, not_claimable, unsigned : int
        Statements that count; the provisional ones are among the claimable ones.
    annual : TonnesSum
        Of the reporting periods of a year, the newest of each plant: tonnes a year.
    other_periods_t : float
        In reporting periods of another length; never made a rate of a year [t CO2e].
    cumulative : TonnesSum
        Over all reporting periods up to the cut-off.
    uses : tuple of UseSum
        Verified use by carrier and unit, over all reporting periods up to the cut-off.
    statement_ids : tuple of str
        What all of it comes from.
    """

    key: str
    plants: int
    plants_claimable: int
    options: tuple[int, ...]
    statements: int
    claimable: int
    provisional: int
    not_claimable: int
    unsigned: int
    annual: TonnesSum
    other_periods_t: float
    cumulative: TonnesSum
    uses: tuple[UseSum, ...]
    statement_ids: tuple[str, ...]
