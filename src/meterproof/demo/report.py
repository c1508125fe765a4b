"""How the outcome of the demonstration is printed: as tables, or as one JSON object."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from meterproof.demo.outcome import ENERGY_UNIT, Outcome, PlantOutcome
from meterproof.demo.played import YEAR_DAYS
from meterproof.demo.statements import DemoStatement
from meterproof.demo.truth import KnownSaving, known_savings
from meterproof_core.command_line import table_width


def print_json(result: Outcome) -> None:
    """Print the outcome as one JSON object on stdout: totals at its top, each plant's own counts beside its name."""
    played = {plant.played.plant.id: plant for plant in result.plants}
    told = {
        "plants": [_plant_json(record, played.get(record["id"])) for record in result.records],
        "readings_polled": sum(plant.readings_polled for plant in result.plants),
        "readings_stored": sum(plant.readings_stored for plant in result.plants),
        "intervals": sum(plant.intervals for plant in result.plants),
        "spans": sum(plant.spans for plant in result.plants),
        "completeness": result.completeness,
        "energy_kwh": {name: _energy(plant) for name, plant in played.items()},
        "data_set_kwh": {name: plant.counters[0].simulated for name, plant in played.items()},
        "known_savings": [saving.to_dict() for saving in known_savings(result.statements)],
        "statements": [statement.to_dict() for statement in result.statements],
        "resumed": any(plant.played.resumed for plant in result.plants),
        "elapsed_s": round(result.elapsed_s, 3),
    }
    print(json.dumps(told, ensure_ascii=False), flush=True)  # noqa: T201 - this is the command's output


def _plant_json(record: Mapping[str, Any], plant: PlantOutcome | None) -> dict[str, Any]:
    told = {key: record[key] for key in ("id", "name", "simulated")}
    if plant is None:
        return told
    return told | {
        "readings_polled": plant.readings_polled,
        "readings_stored": plant.readings_stored,
        "intervals": plant.intervals,
        "spans": plant.spans,
        "completeness": plant.intervals / plant.expected_intervals,
        "resumed": plant.played.resumed,
        "counters": [
            {
                "point": counter.counter.point,
                "quantity": counter.counter.quantity,
                "unit": counter.unit,
                "amount": round(counter.amount, 6),
                "meter_amount": counter.simulated,
            }
            for counter in plant.counters
        ],
    }


def _energy(plant: PlantOutcome) -> float:
    """Return the sum of the stored energy that was measured as energy [kWh]."""
    return round(sum(counter.amount for counter in plant.counters if counter.unit == ENERGY_UNIT), 6)


def print_table(result: Outcome, *, serving: bool) -> None:
    """Print the outcome as tables on stdout, and the page's address while there is one."""
    console = Console(width=table_width())
    for plant in result.plants:
        console.print(_plant_table(plant))
    console.print(_statements_table(result))
    for saving in known_savings(result.statements):
        console.print(_known_text(saving))
    for statement in result.statements:
        console.print(f"meterproof verify {statement.bundle}", soft_wrap=True)
    console.print(f"took {result.elapsed_s:.1f} s")
    if serving:
        console.print(
            f"pages: {result.url}\nthe meters are polled on, minutes of their time a second; stop with Ctrl-C"
        )


def _plant_table(plant: PlantOutcome) -> Table:
    record, played = plant.record, plant.played
    table = Table(title=f"{record['name']} ({record['country']})", show_header=False, title_justify="left")
    table.add_row("data", record["origin"])
    table.add_row("readings", f"{plant.readings_polled:,} polled in this run, {plant.readings_stored:,} stored")
    table.add_row("intervals", f"{plant.intervals:,} of {plant.expected_intervals:,}, {plant.spans} spans")
    for counter in plant.counters:
        stored, metered = (f"{amount:,.3f}" for amount in (counter.amount, counter.simulated))
        name = f"{counter.counter.point}, {counter.unit}"
        table.add_row(name, f"{stored} in the intervals; {metered} by the simulated meter's own count")
    if played.days < YEAR_DAYS:
        table.add_row(
            "left out",
            f"{YEAR_DAYS - played.days} of {YEAR_DAYS} days were not played, so its periods are not whole; "
            "the last boundary lies between two rates and is interpolated",
        )
    return table


def _statements_table(result: Outcome) -> Table:
    table = Table(title="What may be claimed (unsigned statements)", title_justify="left")
    for heading in ("plant", "status", "verified", "reasons"):
        table.add_column(heading)
    for statement in result.statements:
        document = statement.document
        simulated = " [simulated]" if document["simulated"] else ""
        reasons = dict.fromkeys(found["code"] for found in statement.findings if found["severity"] != "info")
        table.add_row(
            Text(f"{document['plant']['name']}{simulated}"),
            Text(document["status"], style="bold"),
            Text("\n".join(_verified(statement))),
            Text(", ".join(reasons)),
        )
    return table


def _verified(statement: DemoStatement) -> Iterator[str]:
    streams = statement.document["streams"]
    for stream in [stream for stream in streams if stream["linked_options"]] or streams[:1]:
        yield f"{stream['label']}: {stream['verified']:,.0f} {stream['unit']}"
    yield f"{statement.claimed_co2e_t:,.0f} t CO2e"


def _known_text(saving: KnownSaving) -> str:
    """Return how a simulated works' statement stands beside the truth, a miss as plainly as a hit."""
    found = "holds it" if saving.in_interval else f"misses it, as one in {1 / (1 - saving.confidence):.0f} does"
    return (
        f"{saving.plant}: the simulator cut {saving.amount:,.0f} {saving.unit}; the {saving.confidence:.0%} interval "
        f"{saving.lower:,.0f} to {saving.upper:,.0f} {found}"
    )
