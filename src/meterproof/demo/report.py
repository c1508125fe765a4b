"""What the demonstration says at its end: one table for people, one object for machines, the same figures."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from meterproof.demo.settings import YEAR_DAYS, DemoSettings
from meterproof_core.command_line import table_width

_TIMEOUT_S = 60.0
_QUARTER_MS = 900_000
_QUARTERS_A_DAY = 96


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run, as the server's own API tells it.

    Parameters
    ----------
    url : str
        The server's front page.
    plant : mapping
        The plant's record.
    statement : mapping
        The savings result.
    intervals, spans : int
        Intervals of the ledger in what was played, and stretches whose distribution is unknown.
    expected_intervals : int
        Intervals that what was played has.
    energy_kwh : float
        Sum of the stored intervals and spans [kWh].
    data_set_kwh : float
        The simulator's own count of the energy in what was played [kWh].
    readings_polled : int
        Samples that this run read over Modbus.
    readings_stored : int
        Samples that the store holds.
    elapsed_s : float
        Wall-clock time of the run [s].
    resumed : bool
        Whether it went on where an earlier run ended.
    """

    url: str
    plant: Mapping[str, Any]
    statement: Mapping[str, Any]
    intervals: int
    spans: int
    expected_intervals: int
    energy_kwh: float
    data_set_kwh: float
    readings_polled: int
    readings_stored: int
    elapsed_s: float
    resumed: bool

    @property
    def completeness(self) -> float:
        """Share of the expected intervals that are there."""
        return self.intervals / self.expected_intervals


@dataclass(frozen=True, slots=True)
class Run:
    """What only the run itself knows: its settings, readings polled, the simulator's count [kWh], duration [s]."""

    settings: DemoSettings
    readings_polled: int
    data_set_kwh: float
    elapsed_s: float
    resumed: bool


def ask(url: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON that a GET of our own server answers."""
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own loopback address
        return json.load(answer)


def outcome(url: str, plant_id: str, run: Run) -> Outcome:
    """Return the outcome of a run, asked from the server over HTTP."""
    base = f"{url}/api/v1/plants/{plant_id}"
    plant, points = ask(base), ask(f"{base}/points")
    start_ms, end_ms = run.settings.start_ms, run.settings.end_ms
    query = f"quantity={plant['main_quantity']}&start={run.settings.first_day}&end={run.settings.end_day}&level=15min"
    columns = ask(f"{base}/points/{plant['main_point']}/intervals?{query}")
    is_span = columns["is_span"]
    return Outcome(
        url=f"{url}/plants/{plant_id}",
        plant=plant,
        statement=ask(f"{base}/savings"),
        intervals=is_span.count(False),
        spans=is_span.count(True),
        expected_intervals=(end_ms - start_ms) // _QUARTER_MS,
        energy_kwh=sum(columns["amount"]),
        data_set_kwh=run.data_set_kwh,
        readings_polled=run.readings_polled,
        readings_stored=sum(point["readings"] for point in points["points"]),
        elapsed_s=run.elapsed_s,
        resumed=run.resumed,
    )


def print_json(result: Outcome) -> None:
    """Print the outcome as one JSON object on stdout."""
    plant = result.plant
    told = {
        "plants": [{"id": plant["id"], "name": plant["name"], "simulated": plant["simulated"]}],
        "readings_polled": result.readings_polled,
        "readings_stored": result.readings_stored,
        "intervals": result.intervals,
        "spans": result.spans,
        "completeness": result.completeness,
        "energy_kwh": {plant["id"]: round(result.energy_kwh, 6)},
        "data_set_kwh": {plant["id"]: result.data_set_kwh},
        "statements": [result.statement],
        "resumed": result.resumed,
        "elapsed_s": round(result.elapsed_s, 3),
    }
    print(json.dumps(told, ensure_ascii=False), flush=True)  # noqa: T201 - this is the command's output


def print_table(result: Outcome, *, serving: bool) -> None:
    """Print the outcome as a table on stdout, and the page's address while there is one."""
    said = result.statement
    table = Table(title=f"{result.plant['name']} ({result.plant['country']})", show_header=False, title_justify="left")
    table.add_row("data", result.plant["origin"])
    table.add_row("readings", f"{result.readings_polled:,} polled in this run, {result.readings_stored:,} stored")
    table.add_row("intervals", f"{result.intervals:,} of {result.expected_intervals:,}, {result.spans} spans")
    table.add_row("completeness", f"{result.completeness:.2%}")
    table.add_row("energy in the data set", f"{result.data_set_kwh:14,.3f} kWh  (the simulated meter's own count)")
    table.add_row("energy in the intervals", f"{result.energy_kwh:14,.3f} kWh  (the store's sum)")
    if result.expected_intervals < YEAR_DAYS * _QUARTERS_A_DAY:
        table.add_row("", "part of the year: its last boundary lies between two rates and is interpolated")
    if said["avoided_kwh"] is not None:
        table.add_row("difference found", f"{said['avoided_kwh']:14,.0f} kWh  {_interval(said)}")
    table.add_row("status", f"[bold]{said['status']}[/bold]")
    for finding in said["findings"]:
        if finding["severity"] != "info":
            table.add_row(f"  {finding['severity']}", f"{finding['code']}: {finding['message']}")
    table.add_row("claimed", f"{said['verified_kwh']:,.0f} kWh, {said['claimed_co2e_t']:,.0f} t CO2e")
    table.add_row("took", f"{result.elapsed_s:.1f} s")
    console = Console(width=table_width())
    console.print(table)
    if serving:
        console.print(
            f"page: {result.url}\nthe meter is polled on, five minutes of its time a second; stop with Ctrl-C"
        )


def _interval(said: Mapping[str, Any]) -> str:
    if said["lower_kwh"] is None:
        return "(no interval)"
    return f"({said['confidence']:.0%} interval {said['lower_kwh']:,.0f} to {said['upper_kwh']:,.0f})"
