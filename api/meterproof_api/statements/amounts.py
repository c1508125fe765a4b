"""Amounts as a statement shows them: rounded for people, and never upwards what may be claimed."""

from math import floor, isfinite, log10

from meterproof_api.showing import NBSP, plain, with_unit
from meterproof_api.wording import say

TONNES = f"t{NBSP}CO2e"
_SIGNIFICANT = 3
_MOST_DIGITS = 9
_FLOAT_DUST = 1e-9  # so that 0.29, which is 28.999... hundredths, is not cut to 0.28
_LARGE = 10_000  # from here on a bare number is shown whole
Bounds = tuple[float | None, float | None]


def amount(value: float | None, unit: str) -> str:
    r"""Return an amount with its unit: whole above 100, three significant figures below.

    Examples
    --------
    >>> amount(959636.71, "kWh"), amount(12.345, "t"), amount(None, "m3")
    ('959,637\xa0kWh', '12.3\xa0t', 'not known')
    """
    return with_unit(value, unit, digits(value) if value is not None else 0).strip(NBSP)


def digits(value: float) -> int:
    """Return how many decimals an amount of that size is shown with.

    Examples
    --------
    >>> digits(1234.5), digits(12.3), digits(0.0123), digits(0.0)
    (0, 1, 4, 0)
    """
    if not isfinite(value) or value == 0:
        return 0
    return min(_MOST_DIGITS, max(0, _SIGNIFICANT - 1 - floor(log10(abs(value)))))


def signed(value: float | None, unit: str) -> str:
    """Return an amount that can be on either side of zero, with its sign."""
    text = amount(value, unit)
    return f"+{text}" if value is not None and isfinite(value) and value > 0 else text


def claimed(value: float, unit: str) -> str:
    r"""Return what may be claimed: never rounded up; 0 when nothing may.

    Examples
    --------
    >>> claimed(1999.99, "kWh"), claimed(0.0, "kWh"), claimed(2.9999, "t")
    ('1,999\xa0kWh', '0\xa0kWh', '2.99\xa0t')
    """
    value = max(value, 0.0)
    shown = digits(value)
    step = 10.0**shown
    return f"{plain(floor(value * step + _FLOAT_DUST) / step, shown)}{NBSP}{unit}"


def between(bounds: Bounds, unit: str) -> str:
    r"""Return an interval, both ends with the same decimals; what is not given is said.

    Examples
    --------
    >>> between((1234.6, 20000.0), "kWh"), between((None, None), "kWh")
    ('1,235 to 20,000\xa0kWh', 'no interval can be given')
    """
    lower, upper = bounds
    if lower is None or upper is None:
        return say("statement.no_interval")
    shown = min(digits(lower) if lower else _MOST_DIGITS, digits(upper) if upper else _MOST_DIGITS)
    shown = 0 if shown == _MOST_DIGITS else shown
    return say("statement.between", lower=plain(lower, shown), upper=with_unit(upper, unit, shown))


def number(value: float | None) -> str:
    """Return a bare number, such as a coefficient, with four significant figures; a dash where there is none.

    Examples
    --------
    >>> number(12345.67), number(0.00123456), len(number(None))
    ('12,346', '0.001235', 1)
    """
    if value is None or not isfinite(value):
        return "\N{EN DASH}"
    return plain(value, min(_MOST_DIGITS, digits(value) + 1) if 0 < abs(value) < _LARGE else 0)


def ratio(value: float | None, decimals: int) -> str:
    """Return a figure without a unit with fixed decimals; a dash where there is none."""
    return number(None) if value is None else plain(value, decimals)
