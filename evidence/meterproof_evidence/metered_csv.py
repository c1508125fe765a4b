"""The intervals of a counter as CSV: one line an interval or span, with the two registers that it lies between."""

import numpy as np

from meterproof_evidence.errors import IssueError
from meterproof_evidence.number_columns import Column, floats, floats_text, instants, instants_text
from meterproof_evidence.plain_table import read_table, table_bytes
from meterproof_mv.dossier.series import ImportedRange, Metered

_INTERVAL, _SPAN = "interval", "span"


def metered_header(unit: str) -> tuple[str, ...]:
    """Return the columns of such a file."""
    return ("start", "end", f"amount [{unit}]", "register_start", "register_end", "kind")


def metered_csv(series: Metered) -> bytes:
    """Return a counter's intervals as CSV.

    Raises
    ------
    IssueError
        When its unit cannot stand in the header.
    """
    if set(',"\r\n') & set(series.unit):
        raise IssueError(
            f"series {series.point}/{series.quantity}: unit {series.unit!r}; one without commas is accepted"
        )
    columns = (
        instants_text(series.start_ms),
        instants_text(series.end_ms),
        floats_text(series.amount),
        floats_text(series.register_start),
        floats_text(series.register_end),
        np.where(series.is_span, _SPAN, _INTERVAL).tolist(),
    )
    return table_bytes(metered_header(series.unit), columns)


def read_metered(
    path: str, content: bytes, *, names: tuple[str, str, str], imported: tuple[ImportedRange, ...]
) -> Metered:
    """Return a counter's intervals as they were written.

    Parameters
    ----------
    path, content : str, bytes
        The file.
    names : tuple of str
        Metering point, quantity and unit.
    imported : tuple of ImportedRange
        The stretches that no gateway read.

    Raises
    ------
    BundleError
        Naming file, line and column.
    """
    point, quantity, unit = names
    header = metered_header(unit)
    fields = read_table(path, content, header)
    start, end, amount, register_start, register_end, kind = (Column(path, name) for name in header)
    return Metered(
        point=point,
        quantity=quantity,
        unit=unit,
        start_ms=instants(fields[start.name], start),
        end_ms=instants(fields[end.name], end),
        amount=floats(fields[amount.name], amount),
        register_start=floats(fields[register_start.name], register_start, gaps=True),
        register_end=floats(fields[register_end.name], register_end, gaps=True),
        is_span=_kinds(fields[kind.name], kind),
        imported=imported,
    )


def _kinds(texts: tuple[str, ...], column: Column) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    for row, text in enumerate(texts):
        if text not in (_INTERVAL, _SPAN):
            raise column.wrong(row, text, f"{_INTERVAL} or {_SPAN}")
    return np.array([text == _SPAN for text in texts], bool)
