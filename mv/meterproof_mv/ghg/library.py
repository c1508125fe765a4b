"""The factor records that ship, and those that a user keeps in a file of the same columns."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.factors import Factor
from meterproof_mv.ghg.rows import COLUMNS, Place, factor_from

SHIPPED = (
    "ipcc2006_manufacturing.csv",
    "us40cfr98.csv",
    "grid_asia.csv",
    "ipcc2006_process.csv",
    "gwp.csv",
)
"""The files of the records that ship, in the order in which they are listed."""


@lru_cache(maxsize=1)
def shipped_factors() -> tuple[Factor, ...]:
    """Return every record that ships; the files are read on the first call.

    Examples
    --------
    >>> by_ref(shipped_factors())["ipcc2006.mfg.natural_gas.co2@1"].value
    '56100'
    """
    folder = files("meterproof_mv.ghg") / "data"
    read = (_factors((folder / name).read_bytes(), name) for name in SHIPPED)
    return tuple(by_ref(factor for factors in read for factor in factors).values())


def read_factors(path: Path) -> tuple[Factor, ...]:
    """Return the records of a user's own file: comma-separated, UTF-8, its columns the fields of `Factor`.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    FactorError
        When it cannot be read, a line lacks its publisher or document, a cell is not accepted (the message names file,
        line, column, value and what is), or a record stands there twice.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FactorError(f"{path}: cannot be read: {error.strerror}; a factor file is accepted") from error
    return _factors(content, path.name)


def by_ref(factors: Iterable[Factor]) -> dict[str, Factor]:
    """Return records by ``id@version``, those that ship and a user's own in one set.

    Raises
    ------
    FactorError
        When two records have the same id and version.
    """
    found: dict[str, Factor] = {}
    for factor in factors:
        if factor.ref in found:
            raise FactorError(
                f"{factor.ref} is there twice, with the values {found[factor.ref].value} and {factor.value}; "
                "one record of an id and version is accepted: a correction has a higher version"
            )
        found[factor.ref] = factor
    return found


def _factors(content: bytes, file: str) -> tuple[Factor, ...]:
    rows = _rows(content, file)
    header = [name.strip() for name in next(rows, (1, []))[1]]
    _check_header(header, file)
    found: dict[str, int] = {}
    factors = []
    for line, cells in rows:
        place = Place(file, line)
        factor = factor_from(_cells(header, cells, place), place)
        first = found.setdefault(factor.ref, line)
        if first != line:
            raise place.refusal("factor_id", factor.ref, f"a record that is not there already (line {first})")
        factors.append(factor)
    return tuple(factors)


def _rows(content: bytes, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that says something, with its number."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FactorError(f"{file}, line {line}: a byte that is not UTF-8; text saved as UTF-8 is accepted") from error
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise FactorError(f"{file}, line {reader.line_num}: {error}; comma-separated text is accepted") from error


def _check_header(header: Sequence[str], file: str) -> None:
    place = Place(file, 1)
    for name in header:
        if name not in COLUMNS:
            raise place.refusal(name, name, f"one of {', '.join(COLUMNS)}")
        if header.count(name) > 1:
            raise place.refusal(name, name, "each column once")
    lacking = [name for name, column in COLUMNS.items() if column.needed and name not in header]
    if lacking:
        raise place.refusal(lacking[0], "", f"a first line with the columns {', '.join(lacking)}")


def _cells(header: Sequence[str], cells: Sequence[str], place: Place) -> dict[str, str]:
    if len(cells) != len(header):
        raise place.refusal(header[-1], ",".join(cells[len(header) - 1 :]), f"one cell a column, {len(header)} in all,")
    return dict(zip(header, cells, strict=True))
