"""Dossiers with a known truth: a plant whose gas follows its production, metered by day or billed by the month."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from meterproof_mv.dossier.plan import DriverPlan, OptionRecord, Period, Plan, PlantFacts, StreamPlan
from meterproof_mv.dossier.series import Dossier, Metered, Recorded, RecordRow
from meterproof_mv.dossier.vocabulary import Grain, OptionState, Origin, Technique
from meterproof_mv.ghg.library import shipped_factors
from meterproof_mv.heat_content import CalorificBasis, HeatContent

DAY_MS, QUARTER_MS = 86_400_000, 900_000
YEAR_BEFORE, YEAR_AFTER = Period(date(2024, 1, 1), date(2025, 1, 1)), Period(date(2025, 1, 1), date(2026, 1, 1))
FACTS = PlantFacts(
    id="test-works",
    name="Test works",
    country="TH",
    sector="ceramics",
    time_zone="Asia/Bangkok",
    simulated=True,
    origin="Simulated for a test.",
    produces=True,
)
OPTION = OptionRecord(
    id="burner-control",
    title="Control of the burners",
    technique=Technique.BETTER_PROCESS_CONTROL,
    cause="too much air",
    state=OptionState.MONITORED,
    start_up=date(2025, 1, 1),
    streams=("gas",),
)
NET = HeatContent("36.4", "MJ/m3", CalorificBasis.NET, "the supplier's certificate, simulated")
GAS = StreamPlan(
    id="gas",
    label="Natural gas, kiln",
    carrier="natural_gas",
    unit="m3",
    grain=Grain.DAY,
    series="metered/gas/volume_m3",
    drivers=("production_t",),
    heat_content=NET,
    factors=tuple(f"ipcc2006.mfg.natural_gas.{gas}@1" for gas in ("co2", "ch4", "n2o")),
)
PRODUCTION = DriverPlan("production_t", "metered/exit/production_t", "t", production=True)


def midnights(first: date, days: int, *, hours_east: int = 7) -> np.ndarray:
    """Return the instants at which local days begin, of a zone without summer time [ms]."""
    begin = (first - date(1970, 1, 1)).days * DAY_MS - hours_east * 3_600_000
    return begin + np.arange(days) * DAY_MS


def metered(point: str, quantity: str, unit: str, daily: np.ndarray, first: date = YEAR_BEFORE.start) -> Metered:
    """Return quarter hours whose days sum up to given amounts; a day of NaN has no intervals."""
    starts = (midnights(first, len(daily))[:, None] + np.arange(96) * QUARTER_MS).ravel()
    amount = np.repeat(daily / 96, 96)
    kept = ~np.isnan(amount)
    register = np.concatenate([[0.0], np.cumsum(np.nan_to_num(amount))])
    return Metered(
        point=point,
        quantity=quantity,
        unit=unit,
        start_ms=starts[kept],
        end_ms=starts[kept] + QUARTER_MS,
        amount=amount[kept],
        register_start=register[:-1][kept],
        register_end=register[1:][kept],
        is_span=np.zeros(int(kept.sum()), bool),
    )


def daily_truth(*, cut: float = 0.1, seed: int = 3, noise: float = 0.04) -> tuple[np.ndarray, np.ndarray]:
    """Return gas [m3] and production [t] of two years of days; from the second year on, `cut` of the gas is saved."""
    days = YEAR_BEFORE.days + YEAR_AFTER.days
    random = np.random.default_rng(seed)
    production = 100 + 25 * random.uniform(-1, 1, days)
    gas = (2000 + 60 * production) * (1 + noise * random.standard_normal(days))
    gas[YEAR_BEFORE.days :] *= 1 - cut
    return gas, production


def kiln(*, cut: float = 0.1, plan: dict[str, object] | None = None, **stream: object) -> Dossier:
    """Return a dossier whose gas was cut, with what a test changes of its plan and its stream."""
    gas, production = daily_truth(cut=cut)
    changes = {"streams": (replace(GAS, **stream),), "drivers": (PRODUCTION,), "options": (OPTION,)}
    return Dossier(
        plan=Plan(**{"plant": FACTS, "baseline": YEAR_BEFORE, "reporting": YEAR_AFTER, **changes, **(plan or {})}),
        series={
            GAS.series: metered("gas", "volume_m3", "m3", gas),
            PRODUCTION.series: metered("exit", "production_t", "t", production),
        },
        factors=natural_gas_factors(),
    )


def natural_gas_factors():
    """Return the factors of natural gas on a net basis, with the potentials of AR5."""
    wanted = {*GAS.factors, "gwp.ar5.co2@1", "gwp.ar5.ch4@1", "gwp.ar5.n2o@1"}
    return tuple(factor for factor in shipped_factors() if factor.ref in wanted)


def bill(start: date, end: date, amount: float, **changes: object) -> RecordRow:
    """Return a bill in kWh."""
    written = {"written": f"{amount!r}", "written_unit": "kWh", "origin": Origin.BILL}
    return RecordRow(start=start, end=end, amount=amount, **{**written, **changes})


def monthly(name: str, unit: str, amounts: np.ndarray, first: date, *, spread: bool = False) -> Recorded:
    """Return one row a calendar month."""
    rows = []
    for amount in amounts.tolist():
        after = (first + timedelta(days=31)).replace(day=1)
        rows.append(bill(first, after, amount, written_unit=unit, origin=Origin.BILL if spread else Origin.LOG))
        first = after
    return Recorded(name, unit, tuple(rows), spread=spread)


def billed(*, cut: float = 0.0, months: int = 24) -> Dossier:
    """Return a dossier of monthly bills of gas in kWh, on production by the month; 12 months before, 12 after."""
    random = np.random.default_rng(5)
    production = 3000 + 500 * random.uniform(-1, 1, months)
    gas = (200_000 + 300 * production) * (1 + 0.01 * random.standard_normal(months))
    gas[12:] *= 1 - cut
    stream = replace(
        GAS,
        unit="kWh",
        grain=Grain.MONTH,
        series="bills/gas",
        heat_content=None,
        calorific_basis=CalorificBasis.NET,
    )
    driver = DriverPlan("production_t", "production/output", "t", production=True)
    return Dossier(
        plan=Plan(FACTS, YEAR_BEFORE, YEAR_AFTER, (stream,), (driver,), (OPTION,)),
        series={
            "bills/gas": monthly("bills/gas", "kWh", gas, YEAR_BEFORE.start, spread=True),
            "production/output": monthly("production/output", "t", production, YEAR_BEFORE.start),
        },
        factors=natural_gas_factors(),
    )
