"""What became of each import: in force, in force in part, superseded by newer ones, or withdrawn."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.records import Import, Imported, ranges_of, rows_in_force


class Standing(StrEnum):
    """How much of an import still counts."""

    IN_FORCE = "in force"
    IN_PART = "in part"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


def standings(imported: Imported) -> Mapping[str, Standing]:
    """Return how much of each import still counts, by its id; readings that were imported always do."""
    rows = rows_in_force(imported)
    return {one.entry_id: _standing(one, imported, rows) for one in imported.imports if not one.told.withdraws}


def _standing(one: Import, imported: Imported, rows: Mapping[str, int]) -> Standing:
    if one.withdrawn_by:
        return Standing.WITHDRAWN
    if one.told.kind == Kind.READINGS:
        return Standing.IN_FORCE
    if one.told.kind == Kind.INTERVALS:
        share = _share_of_time(one, imported)
    else:
        share = Fraction(rows.get(one.entry_id, 0), max(sum(told.rows for told in one.told.series.values()), 1))
    if share == 1:
        return Standing.IN_FORCE
    return Standing.IN_PART if share else Standing.SUPERSEDED


def _share_of_time(one: Import, imported: Imported) -> Fraction:
    """Return how much of the time that an import of intervals brought is still its own."""
    alone = Imported(imported.plant, (one,), imported.parts)
    brought = _length_ms(alone, one)
    return Fraction(_length_ms(imported, one), brought) if brought else Fraction(0)


def _length_ms(imported: Imported, one: Import) -> int:
    return sum(
        each.end_ms - each.start_ms
        for ranges in ranges_of(imported, with_ids=True).values()
        for each in ranges
        if each.source == one.entry_id
    )
