"""Dossiers of plants that never were, their statements and their bundles, for tests of shelf, page and paper."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.assessment import Assessment
from meterproof_mv.dossier.plan import DriverPlan, OptionRecord, Period, Plan, PlantFacts, StreamPlan
from meterproof_mv.dossier.series import Dossier, Metered, Recorded, RecordRow
from meterproof_mv.dossier.vocabulary import Grain, OptionState, Origin, Technique
from meterproof_mv.ghg.factors import Factor, FactorQuantity, FactorTrust, Gas
from meterproof_mv.heat_content import CalorificBasis, HeatContent

QUARTER_MS = 900_000
NASTY = "Công ty Gạch #1 *Đồng Nai* $5 @x \"q\" 'r' _u_ <b>&amp; [link](x) \\ `code` = heading โรงงานเซรามิก"
BEFORE = Period(date(2024, 1, 1), date(2025, 1, 1))
AFTER = Period(date(2025, 1, 1), date(2026, 1, 1))
ISSUED = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)
HEAT = HeatContent("36.4", "MJ/m3", CalorificBasis.NET, "Supplier's certificate of January 2024")
OPTION = OptionRecord(
    "kiln-burner-control",
    "Burner control on the tunnel kiln",
    Technique.BETTER_PROCESS_CONTROL,
    "Excess air in the firing zone",
    OptionState.MONITORED,
    date(2025, 1, 1),
    ("kiln-gas",),
)


def a_plant(**changes: Any) -> PlantFacts:
    values: dict[str, Any] = {
        "id": "th-simulated-ceramics",
        "name": "Simulated ceramics works, Saraburi",
        "country": "TH",
        "sector": "ceramics",
        "time_zone": "Asia/Bangkok",
        "simulated": True,
        "origin": "Invented for demonstration; no works of this name exists.",
        "produces": True,
    }
    return PlantFacts(**{**values, **changes})


def gas_stream(**changes: Any) -> StreamPlan:
    values: dict[str, Any] = {
        "id": "kiln-gas",
        "label": "Natural gas, tunnel kiln",
        "carrier": "natural_gas",
        "unit": "m3",
        "grain": Grain.DAY,
        "series": "kiln-gas/volume_m3",
        "drivers": ("production_t",),
        "heat_content": HEAT,
        "factors": ("test-gas-co2@1", "test-gas-ch4@1", "test-gas-n2o@1"),
    }
    return StreamPlan(**{**values, **changes})


def a_plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "plant": a_plant(),
        "baseline": BEFORE,
        "reporting": AFTER,
        "streams": (gas_stream(),),
        "drivers": (DriverPlan("production_t", "production/output", "t", production=True),),
        "options": (OPTION,),
    }
    return Plan(**{**values, **changes})


def daily(plan: Plan) -> tuple[list[date], np.ndarray]:
    """Return every day of both periods and whether the reporting period holds it."""
    first, days = plan.baseline.start, (plan.reporting.end - plan.baseline.start).days
    dates = [first + timedelta(days=n) for n in range(days)]
    return dates, np.array([day >= plan.reporting.start for day in dates])


def output_t(plan: Plan, seed: int = 3) -> np.ndarray:
    dates, _ = daily(plan)
    noise = np.random.default_rng(seed).normal(0, 6, len(dates))
    return np.maximum(60 + 12 * np.sin(np.arange(len(dates)) / 29) + noise, 5)


def recorded(name: str, unit: str, plan: Plan, amounts: np.ndarray, origin: Origin = Origin.LOG) -> Recorded:
    dates, _ = daily(plan)
    rows = tuple(
        RecordRow(day, day + timedelta(days=1), float(amount), f"{amount:.2f}", unit, origin, source="output.csv:2")
        for day, amount in zip(dates, amounts, strict=True)
    )
    return Recorded(name, unit, rows, spread=False)


def metered(plan: Plan, amounts: np.ndarray, point: str, quantity: str, unit: str) -> Metered:
    """Return quarter hours whose days add up to the given amounts."""
    dates, _ = daily(plan)
    zone = ZoneInfo(plan.plant.time_zone)
    start = int(datetime.combine(dates[0], datetime.min.time(), zone).timestamp() * 1000)
    begin = start + QUARTER_MS * np.arange(96 * len(dates), dtype=np.int64)
    amount = np.repeat(amounts / 96, 96)
    register = np.concatenate([[0.0], np.cumsum(amount)])
    plain = np.zeros(len(begin), dtype=np.bool_)
    return Metered(point, quantity, unit, begin, begin + QUARTER_MS, amount, register[:-1], register[1:], plain)


def gas_m3(plan: Plan, *, cut: float, noise: float = 0.03, seed: int = 5) -> np.ndarray:
    """Return a kiln's gas a day: a base, a share that follows output, and `cut` less in the reporting period."""
    _, after = daily(plan)
    use = 1800 + 62 * output_t(plan)
    return use * np.random.default_rng(seed).normal(1, noise, len(use)) * np.where(after, 1 - cut, 1.0)


def a_factor(gas: Gas, value: str, **changes: Any) -> Factor:
    values: dict[str, Any] = {
        "factor_id": f"test-gas-{gas.value.lower()}",
        "version": 1,
        "value": value,
        "unit": "kg/TJ",
        "quantity": FactorQuantity.EF,
        "carrier": "natural_gas",
        "publisher": "IPCC",
        "document": "2006 Guidelines for National Greenhouse Gas Inventories",
        "edition": "2006",
        "page_or_table": "Volume 2, chapter 2, table 2.3",
        "trust": FactorTrust.VERIFIED,
        "gas": gas,
        "calorific_basis": CalorificBasis.NET,
        "sector": "manufacturing",
    }
    return Factor(**{**values, **changes})


def a_potential(gas: Gas, value: str) -> Factor:
    return a_factor(
        gas,
        value,
        factor_id=f"test-gwp-ar5-{gas.value.lower()}",
        unit="t/t",
        quantity=FactorQuantity.GWP,
        carrier="",
        document="Fifth Assessment Report",
        edition="2013",
        page_or_table="Working Group I, table 8.A.1",
        calorific_basis=None,
        sector="",
        gwp_set="AR5",
    )


GAS_FACTORS = (a_factor(Gas.CO2, "56100"), a_factor(Gas.CH4, "1"), a_factor(Gas.N2O, "0.1"))
POTENTIALS = (a_potential(Gas.CO2, "1"), a_potential(Gas.CH4, "28"), a_potential(Gas.N2O, "265"))
FACTORS = (*GAS_FACTORS, *POTENTIALS)


def ceramics(*, cut: float = 0.10, plan: Plan | None = None, **series: Any) -> Dossier:
    """Return the works with a known cut in its kiln's gas."""
    plan = plan or a_plan()
    known = {
        "kiln-gas/volume_m3": metered(plan, gas_m3(plan, cut=cut), "kiln-gas", "volume_m3", "m3"),
        "production/output": recorded("production/output", "t", plan, output_t(plan)),
    }
    return Dossier(plan, {**known, **series}, FACTORS)


def food() -> Dossier:
    """Return a real-looking plant with monthly gas bills whose use rose, and electricity shown beside it."""
    stream = gas_stream(
        id="gas", label="Natural gas, boilers", unit="kWh", grain=Grain.MONTH, series="bills/natural_gas"
    )
    stream = replace(stream, heat_content=None, calorific_basis=CalorificBasis.NET)
    power = StreamPlan("power", "Electricity", "electricity", "kWh", Grain.MONTH, "bills/electricity", ())
    plant = a_plant(id="us-test-food", name="Test food plant", country="US", sector="food_beverage", simulated=False)
    driver = DriverPlan("production_t", "production/output", "t", production=True)
    plan = a_plan(plant=plant, streams=(stream, power), drivers=(driver,), options=())
    plan = replace(plan, plant=replace(plant, time_zone="America/Chicago", origin="Bills of an office in a test."))
    tons = np.array([500, 520, 480, 530, 560, 600, 610, 590, 550, 530, 510, 505] * 2) + np.arange(24) % 5 * 3.0
    rng = np.random.default_rng(8)
    gas = (90_000 + 260 * tons) * rng.normal(1, 0.02, 24) * np.where(np.arange(24) >= 12, 1.12, 1.0)
    series = {
        "bills/natural_gas": _monthly("bills/natural_gas", "kWh", gas, Origin.BILL),
        "bills/electricity": _monthly("bills/electricity", "kWh", 40_000 * rng.normal(1, 0.03, 24), Origin.BILL),
        "production/output": _monthly("production/output", "t", tons, Origin.LOG),
    }
    return Dossier(plan, series, FACTORS)


def _monthly(name: str, unit: str, amounts: np.ndarray, origin: Origin) -> Recorded:
    starts = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(25)]
    rows = tuple(
        RecordRow(
            start, end, float(amount), f"{amount:.0f}", unit, origin, estimated=place == 3, source=f"x.csv:{place}"
        )
        for place, (start, end, amount) in enumerate(zip(starts[:-1], starts[1:], amounts, strict=True))
    )
    return Recorded(name, unit, rows, spread=origin is Origin.BILL)


def several(name: str = NASTY) -> Dossier:
    """Return a plant with three streams, long names with every awkward letter, and gaps."""
    plan = a_plan(
        plant=a_plant(id="vn-long-names", name=name, country="VN", simulated=False, origin=name),
        streams=(
            gas_stream(label=f"Gas {name}"),
            StreamPlan(
                "power", "Electricity, whole works", "electricity", "kWh", Grain.DAY, "main/energy_import_kwh", ()
            ),
            StreamPlan("water", "Water", "water", "m3", Grain.DAY, "water/volume_m3", ("production_t",)),
        ),
        options=(replace(OPTION, title=name, cause=name),),
    )
    power = metered(plan, 4000 + 30 * output_t(plan), "main", "energy_import_kwh", "kWh")
    water = metered(plan, 30 + 0.4 * output_t(plan), "water", "volume_m3", "m3")
    keep = np.ones(len(power), dtype=np.bool_)
    keep[96 * 40 : 96 * 52] = False
    holes = {name: getattr(power, name)[keep] for name in ("start_ms", "end_ms", "amount", "is_span")}
    registers = {name: getattr(power, name)[keep] for name in ("register_start", "register_end")}
    series = {"main/energy_import_kwh": replace(power, **holes, **registers), "water/volume_m3": water}
    return ceramics(plan=plan, **series)


def without_data() -> Dossier:
    """Return the works with a meter that was never read: no fit at all."""
    dossier = ceramics()
    use = dossier.series["kiln-gas/volume_m3"]
    names = ("start_ms", "end_ms", "amount", "register_start", "register_end", "is_span")
    empty = replace(use, **{name: getattr(use, name)[:0] for name in names})
    return replace(dossier, series={**dossier.series, "kiln-gas/volume_m3": empty})


def document_of(assessment: Assessment, version: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a ``statement.json`` as it is read back from a file."""
    plan = assessment.dossier.plan
    identity = {
        "format": "meterproof-statement/1",
        "statement_id": f"{plan.plant.id}.{plan.reporting.start}.{plan.reporting.end}",
        "version": version,
        "supersedes": None if version == 1 else version - 1,
        "state": "unsigned",
        "language": "en",
        "issued_at": (ISSUED + timedelta(days=version - 1)).isoformat().replace("+00:00", "Z"),
        "program": "meterproof 0.1.0",
    }
    return json.loads(json.dumps({**identity, **assessment.to_dict(), **changes}))


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return files as a bundle."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def bundle_of(document: dict[str, Any], pdf: bytes = b"%PDF-1.7 test") -> bytes:
    """Return a small bundle: the document and a paper, enough for a shelf."""
    return zipped({"statement.json": json.dumps(document).encode(), "statement.pdf": pdf})


__all__ = ["assess"]
