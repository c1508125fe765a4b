"""Figures as people read them; rounding happens here and nowhere else."""

from math import floor, isfinite

from meterproof_api.wording import say

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


def with_unit(value: float | None, unit: str, digits: int = 0) -> str:
    r"""Return a figure with its unit, a thin minus sign and thousands set apart.

    Examples
    --------
    >>> with_unit(959636.71, "kWh")
    '959,637\xa0kWh'
    >>> with_unit(None, "kWh")
    'not known'
    """
    if value is None or not isfinite(value):
        return say("figure.unknown")
    return f"{plain(value, digits)}{NBSP}{unit}"


def plain(value: float, digits: int = 0) -> str:
    """Return a figure without a unit; a figure that is not there as a dash."""
    if not isfinite(value):
        return "\N{EN DASH}"
    text = f"{value:,.{digits}f}"
    return text.replace("-", MINUS) if float(text.replace(",", "")) else text.lstrip("-")


def verified(amount: float, unit: str) -> str:
    r"""Return a verified amount, never rounded up; none when it is 0.

    Examples
    --------
    >>> verified(1999.99, "kWh")
    '1,999\xa0kWh'
    """
    return with_unit(floor(amount), unit) if amount > 0 else say("figure.none")


def percent(share: float, digits: int = 0) -> str:
    r"""Return a fraction as a percentage.

    Examples
    --------
    >>> percent(0.9)
    '90\xa0%'
    """
    return with_unit(share * 100, "%", digits)


def completeness(share: float) -> str:
    r"""Return a completeness; only what is complete shows 100 %.

    Examples
    --------
    >>> completeness(1.0), completeness(0.99999), completeness(0.0)
    ('100\xa0%', '99.9\xa0%', '0\xa0%')
    """
    return percent(share) if share in (0, 1) else with_unit(floor(share * 1000) / 10, "%", 1)
