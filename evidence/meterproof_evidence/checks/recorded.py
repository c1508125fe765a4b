"""Whether a hand-kept record agrees with itself: in time, and each amount with the figure that was written down."""

import math
import re
from collections.abc import Iterator

from meterproof_mv import units
from meterproof_mv.dossier.series import Recorded, RecordRow
from meterproof_mv.errors import UnitError

WRITTEN_TOLERANCE = 1e-9
"""Of an amount: what a conversion may round."""
_PARTS = re.compile(r"[\s'\u2019\u00a0\u202f]")  # what people put between thousands
_COMMA_FIRST = re.compile(
    r"[+-]?(?=[.,]?[0-9])(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]*)(?:,[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?"
)
_POINT_FIRST = re.compile(
    r"[+-]?(?=[.,]?[0-9])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?"
)


def recorded_problems(name: str, series: Recorded) -> Iterator[str]:
    """Yield what does not agree in a record.

    Parameters
    ----------
    name : str
        Of the series.
    series : Recorded
        Its rows.
    """
    end = None
    for line, row in enumerate(series.rows, start=2):
        place = f"{name} line {line} ({row.start})"
        if row.end <= row.start:
            yield f"{place}: it ends before or when it starts"
        if end is not None and row.start < end:
            yield f"{place}: it begins before the one above it ends"
        end = row.end
        yield from _amount_problems(place, row, series.unit)


def _amount_problems(place: str, row: RecordRow, unit: str) -> Iterator[str]:
    readings = readings_of(row.written)
    told = f"{row.written!r} {row.written_unit}"
    if not readings:
        yield f"{place}: written {row.written!r} is no number"
        return
    try:
        factors = _factors(row, unit)
    except UnitError as error:
        yield f"{place}: {error}"
        return
    found = [reading * factor for reading in readings for factor in factors]
    if not any(math.isclose(amount, row.amount, rel_tol=WRITTEN_TOLERANCE) for amount in found):
        heat = f" with {row.heat_content} {row.heat_content_unit}" if row.heat_content else ""
        yield f"{place}: amount {row.amount!r} {unit}, but {told}{heat} makes {found[0]!r}"


def _factors(row: RecordRow, unit: str) -> list[float]:
    """Return how many of the series' units one written unit can be; two where the heat content reads two ways."""
    if row.written_unit in ("", unit):
        return [1.0]
    written = units.unit(row.written_unit)
    if not row.heat_content or written.canonical == units.canonical(unit):
        return [units.ratio(row.written_unit, unit)]
    _, per = units.heat_units(row.heat_content_unit)
    amount = units.ratio(row.written_unit, per.name)
    wanted = f"{units.canonical(unit)}/{per.name}"
    contents = readings_of(row.heat_content)
    if not contents:
        raise UnitError(f"heat content {row.heat_content!r} is no number")
    return [amount * units.convert_heat(content, row.heat_content_unit, wanted) for content in contents]


def readings_of(text: str) -> list[float]:
    """Return what a written figure can mean: ``1.234`` is one thing with a decimal point and another with a comma.

    Examples
    --------
    >>> readings_of("1 234,5"), readings_of("1.234"), readings_of("n/a")
    ([1234.5], [1.234, 1234.0], [])
    """
    plain = _PARTS.sub("", text).replace("\u2212", "-")
    found: list[float] = []
    if _POINT_FIRST.fullmatch(plain):
        found.append(float(plain.replace(",", "")))
    if _COMMA_FIRST.fullmatch(plain):
        found.append(float(plain.replace(".", "").replace(",", ".")))
    return list(dict.fromkeys(found))
