"""How an import is told: tables for people, one object for machines."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isnan
from typing import Any

from rich.console import Console
from rich.table import Table

from meterproof_api.importing.planning import ImportPlan, SeriesPlan
from meterproof_api.importing.records import Import, Imported
from meterproof_api.importing.standing import standings
from meterproof_core.command_line import table_width
from meterproof_mv.findings import Finding


def plan_object(plan: ImportPlan, *, replace: bool, dry_run: bool, entry_id: str) -> dict[str, Any]:
    """Return a plan, and what became of it, as JSON-able values."""
    parsed, refusals = plan.parsed, plan.refusals(replace=replace)
    return {
        "file": parsed.name,
        "sha256": parsed.sha256,
        "plant": parsed.layout.plant,
        "kind": str(parsed.kind),
        "origin": str(parsed.layout.origin),
        "dry_run": dry_run,
        "accepted": not refusals,
        "import": entry_id or None,
        "series": [_series_object(one) for one in plan.series],
        "refusals": list(refusals),
        "findings": [_finding_object(finding) for finding in plan.findings],
    }


def _series_object(one: SeriesPlan) -> dict[str, Any]:
    return {
        "series": one.name,
        "unit": one.unit,
        "new": one.new,
        "same": one.same,
        "changed": one.changed,
        "conflicting": one.conflicting,
        "first": one.first,
        "end": one.last,
        "total": one.total,
        "written_totals": {unit: None if isnan(total) else total for unit, total in one.written_totals.items()},
        "months": [{"month": each.month, "before": each.before, "after": each.after} for each in one.months],
    }


def _finding_object(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "severity": str(finding.severity), "message": finding.message}


def print_plan(plan: ImportPlan, *, months: bool) -> None:
    """Print what becomes of each series; with its months before and after, where any differs."""
    console = Console(soft_wrap=True, width=table_width())
    if plan.series:
        table = Table(box=None, pad_edge=False)
        for title in ("Series", "New", "Same", "Changed", "Conflict", "From", "To", "Sum in the file", "Sum"):
            table.add_column(title, justify="right" if title in _COUNTS else "left", no_wrap=True)
        for one in plan.series:
            table.add_row(one.name, *_counts(one), one.first, one.last, _written(one), _amount(one.total, one.unit))
        console.print(table)
    for one in plan.series if months else ():
        if any(each.before != each.after for each in one.months):
            console.print(_month_table(one))
    for finding in plan.findings:
        console.print(f"{finding.severity} {finding.code}: {finding.message}", markup=False)


_COUNTS = {"New", "Same", "Changed", "Conflict", "Sum in the file", "Sum", "Before", "After"}


def _counts(one: SeriesPlan) -> Iterator[str]:
    for count in (one.new, one.same, one.changed, one.conflicting):
        yield f"{count:,}"


def _written(one: SeriesPlan) -> str:
    return " + ".join(_amount(total, unit) for unit, total in one.written_totals.items())


def _amount(total: float | None, unit: str) -> str:
    if total is None:
        return ""
    return (
        "as the cells show it" if isnan(total) else f"{total:,.6g} {unit}" if abs(total) < 1 else f"{total:,.2f} {unit}"
    )


def _month_table(one: SeriesPlan) -> Table:
    table = Table(box=None, pad_edge=False, title=f"{one.name} [{one.unit}]", title_justify="left")
    for title in ("Month", "Before", "After"):
        table.add_column(title, justify="right" if title in _COUNTS else "left", no_wrap=True)
    for each in one.months:
        table.add_row(each.month, f"{each.before:,.2f}", f"{each.after:,.2f}")
    return table


def imports_object(imported: Imported) -> list[dict[str, Any]]:
    """Return the imports of a plant as JSON-able values."""
    standing: Mapping[str, str] = {name: str(each) for name, each in standings(imported).items()}
    return [_import_object(one, standing[one.entry_id]) for one in imported.imports if not one.told.withdraws]


def _import_object(one: Import, standing: str) -> dict[str, Any]:
    told = one.told
    return {
        "import": one.entry_id,
        "at_ms": one.at_ms,
        "kind": told.kind,
        "origin": told.origin,
        "file": told.file,
        "sha256": told.sha256,
        "layout": told.layout,
        "who": told.who,
        "series": {
            name: {"unit": each.unit, "rows": each.rows, "first": each.first, "end": each.last}
            for name, each in told.series.items()
        },
        "standing": standing,
    }


def print_imports(imported: Imported) -> None:
    """Print the imports of a plant, the oldest first."""
    table = Table(box=None, pad_edge=False)
    for title in ("Imported (UTC)", "By", "File", "Series", "Rows", "From", "To", "Origin", "Standing", "Import"):
        table.add_column(title, justify="right" if title == "Rows" else "left", no_wrap=True)
    for one in imports_object(imported):
        at = f"{datetime.fromtimestamp(one['at_ms'] / 1000, UTC):%Y-%m-%d %H:%M}"
        number = one["import"].rsplit("/", 1)[1][:12]
        for name, each in one["series"].items():
            row = [at, one["who"], one["file"], name, f"{each['rows']:,}", each["first"], each["end"]]
            table.add_row(*row, one["origin"], one["standing"], number)
    Console(soft_wrap=True, width=table_width()).print(table)
