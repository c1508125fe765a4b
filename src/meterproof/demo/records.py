"""What the demonstration imports beside what it reads live: the simulated works' history, the food plant's records."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

from meterproof_api.importing.kinds import Kind, Layout
from meterproof_api.importing.planning import Ports, plan_import
from meterproof_api.importing.reading import read_file
from meterproof_api.importing.writing import Doing, carry_out
from meterproof_core.faults import FaultPoints
from meterproof_edge.simulator.ceramics_history import write_history
from meterproof_edge.simulator.ceramics_works import CeramicsWorks
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

_WHO = "demonstration"
_CERAMICS, _FOOD = "th-simulated-ceramics", "us-hq-food"
_HISTORY = Layout(
    kind=Kind.INTERVALS,
    plant=_CERAMICS,
    origin=Origin.LOG,
    columns={
        "tunnel-kiln/volume_m3": "simulated_gas_m3",
        "tunnel-kiln/production_t": "simulated_production_t",
        "main-incomer/energy_import_kwh": "simulated_electricity_kwh",
        "process-water/volume_m3": "simulated_water_m3",
    },
)
_BILLS = Layout(
    kind=Kind.BILLS,
    plant=_FOOD,
    origin=Origin.BILL,
    columns={"cost": ""},  # its currency is not stated, and no figure rests on it
    calorific_basis=CalorificBasis.GROSS,
)
_PRODUCTION = Layout(
    kind=Kind.PRODUCTION,
    plant=_FOOD,
    origin=Origin.LOG,
    series="output",
    columns={"amount": "production_units"},
    unit="1",
)
_DEGREE_DAYS = Layout(kind=Kind.DRIVERS, plant=_FOOD, origin=Origin.LOG, unit="degF.d")


def import_records(store: Ports, folder: Path, *, now_ms: int, faults: FaultPoints) -> int:
    """Import history and hand-kept records as a user would; return how many rows the files have.

    What an earlier run imported changes nothing.

    Parameters
    ----------
    store : Ports
        The store, or the way to it.
    folder : Path
        Where the simulated works writes its history.
    now_ms : int
        When it is done [ms since 1970-01-01 UTC].
    faults : FaultPoints
        For kill tests.

    Raises
    ------
    MeterproofError
        When a file or the store cannot be used.
    """
    rows = 0
    for path, layout in _files(folder):
        plan = plan_import(read_file(path, layout), store, at_ms=now_ms)
        carry_out(plan, store, Doing(_WHO, faults=faults))
        rows += sum(series.rows for series in plan.series)
    return rows


def _files(folder: Path) -> Iterator[tuple[Path, Layout]]:
    folder.mkdir(parents=True, exist_ok=True)
    yield write_history(folder, CeramicsWorks()), _HISTORY
    with _shipped() as shipped:
        yield shipped / "bills.csv", _BILLS
        yield shipped / "production.csv", _PRODUCTION
        for name in ("hdd60", "cdd60"):
            yield shipped / "drivers.csv", replace(_DEGREE_DAYS, series=name, columns={"amount": name})


@contextmanager
def _shipped() -> Iterator[Path]:
    with as_file(files("meterproof.demo") / "data" / "food_plant_hq") as folder:
        yield folder
