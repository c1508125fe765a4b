"""How the gateway's commands speak to people: plain columns, which every terminal shows."""

from collections.abc import Iterable, Sequence

import typer


def print_columns(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under titles; a column whose cells are all numbers stands to the right."""
    cells = [list(titles), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [all(_is_number(cell) for cell in column[1:] if cell) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        )
        typer.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
