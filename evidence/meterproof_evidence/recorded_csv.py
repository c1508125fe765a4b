"""A hand-kept record as CSV: every line with the figure as it was written down, and the line of the file it is from."""

from collections.abc import Iterator
from datetime import date

from meterproof_evidence.errors import BundleError
from meterproof_evidence.number_columns import Column, days, floats
from meterproof_evidence.plain_table import read_text_table, text_table_bytes
from meterproof_mv.dossier.series import Recorded, RecordRow
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

_TEXTS = ("written", "written_unit", "origin", "estimated", "heat_content", "heat_content_unit", "calorific_basis",
          "cost", "currency", "source")  # fmt: skip
_BASES = {"": None, **{basis.value: basis for basis in CalorificBasis}}
_ORIGINS = {origin.value: origin for origin in Origin}
_FLAGS = {"no": False, "yes": True}


def recorded_header(unit: str) -> tuple[str, ...]:
    """Return the columns of such a file."""
    return ("start", "end", f"amount [{unit}]", *_TEXTS)


def recorded_csv(series: Recorded) -> bytes:
    """Return a record as CSV."""
    return text_table_bytes([recorded_header(series.unit), *map(_fields, series.rows)])


def _fields(row: RecordRow) -> tuple[str, ...]:
    return (
        row.start.isoformat(),
        row.end.isoformat(),
        repr(float(row.amount)),
        row.written,
        row.written_unit,
        row.origin.value,
        "yes" if row.estimated else "no",
        row.heat_content,
        row.heat_content_unit,
        row.calorific_basis.value if row.calorific_basis else "",
        row.cost,
        row.currency,
        row.source,
    )


def read_recorded(path: str, content: bytes, *, name: str, unit: str, spread: bool) -> Recorded:
    """Return a record as it was written.

    Raises
    ------
    BundleError
        Naming file, line and column.
    """
    header = recorded_header(unit)
    table = read_text_table(path, content)
    _, first = next(table, (1, []))
    if tuple(first) != header:
        raise BundleError(f"{path} line 1: {','.join(first)[:80]!r}; {','.join(header)!r} is accepted")
    rows = []
    for line, fields in table:
        if len(fields) != len(header):
            raise BundleError(f"{path} line {line}: {len(fields)} fields; {len(header)} are accepted")
        rows.append(fields)
    columns: list[tuple[str, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    return Recorded(name, unit, tuple(_rows(path, header, columns)), spread)


def _rows(path: str, header: tuple[str, ...], columns: list[tuple[str, ...]]) -> Iterator[RecordRow]:
    start: list[date] = days(columns[0], Column(path, header[0])).tolist()
    end: list[date] = days(columns[1], Column(path, header[1])).tolist()
    amount = floats(columns[2], Column(path, header[2])).tolist()
    for row, texts in enumerate(zip(*columns[3:], strict=True)):
        field = dict(zip(_TEXTS, texts, strict=True))
        words = {name: (Column(path, name), field[name]) for name in ("origin", "estimated", "calorific_basis")}
        for name, known in (("origin", _ORIGINS), ("estimated", _FLAGS), ("calorific_basis", _BASES)):
            column, text = words[name]
            if text not in known:
                raise column.wrong(row, text, ", ".join(map(repr, known)))
        yield RecordRow(
            start=start[row],
            end=end[row],
            amount=amount[row],
            written=field["written"],
            written_unit=field["written_unit"],
            origin=_ORIGINS[field["origin"]],
            estimated=_FLAGS[field["estimated"]],
            heat_content=field["heat_content"],
            heat_content_unit=field["heat_content_unit"],
            calorific_basis=_BASES[field["calorific_basis"]],
            cost=field["cost"],
            currency=field["currency"],
            source=field["source"],
        )
