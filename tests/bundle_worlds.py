"""Dossiers of two small plants, and bundles of them that somebody tampered with.

`mill` reads gas and production by meter, a quarter of an hour a row; `bakery` keeps bills and logs by hand. Both are
invented, with a known cut of use.
"""

import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from itertools import pairwise

import numpy as np

from meterproof_evidence.bundle import build_bundle
from meterproof_evidence.document import Identity, statement_id_of
from meterproof_mv import units
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.plan import DriverPlan, OptionRecord, Period, Plan, PlantFacts, StreamPlan
from meterproof_mv.dossier.series import Dossier, ImportedRange, Metered, Recorded, RecordRow
from meterproof_mv.dossier.vocabulary import Grain, OptionState, Origin, Technique
from meterproof_mv.ghg.library import shipped_factors
from meterproof_mv.heat_content import CalorificBasis, HeatContent

QUARTER_MS = 900_000
DAY_QUARTERS = 96
BANGKOK_MS = 7 * 3_600_000  # ahead of UTC, the whole year
IPCC_GAS = ("ipcc2006.mfg.natural_gas.co2@1", "ipcc2006.mfg.natural_gas.ch4@1", "ipcc2006.mfg.natural_gas.n2o@1")
US_GAS = ("us40cfr98.natural_gas.co2@1", "us40cfr98.natural_gas.ch4@1", "us40cfr98.natural_gas.n2o@1")


def paper(dossier):
    """Return a stand-in for a statement's paper, which names the statement and nothing else."""
    return b"%PDF-1.7\n% " + statement_id_of(dossier.plan).encode() + b" nothing to see\n%%EOF\n"


def factors(refs):
    """Return shipped records by reference, with the potentials of AR5."""
    return tuple(one for one in shipped_factors() if one.ref in refs or one.gwp_set == "AR5")


def counter(counts, *, first_day, scale, start=0.0, imported=()):
    """Return the intervals of a counter that went on by so many counts in each quarter of an hour."""
    counts = np.asarray(counts, float)
    first = int(np.datetime64(first_day, "ms").astype(np.int64)) - BANGKOK_MS
    begin = first + QUARTER_MS * np.arange(len(counts), dtype=np.int64)
    register = start + np.concatenate([[0.0], np.cumsum(counts)])
    return Metered(
        point="kiln",
        quantity="volume_m3",
        unit="m3",
        start_ms=begin,
        end_ms=begin + QUARTER_MS,
        amount=counts * scale,
        register_start=register[:-1],
        register_end=register[1:],
        is_span=np.zeros(len(counts), bool),
        imported=imported,
    )


@lru_cache
def mill(days=60, reporting_days=30, cut=0.2):
    """Return the dossier of a plant that is metered by the quarter of an hour."""
    rng = np.random.default_rng(7)
    total = days + reporting_days
    first = date(2025, 1, 1)
    output = rng.integers(20, 60, total)
    saved = np.where(np.arange(total) >= days, 1 - cut, 1.0)
    gas = ((400 + 30 * output) * saved + rng.normal(0, 12, total)) / DAY_QUARTERS
    counts = np.rint(np.repeat(gas, DAY_QUARTERS) * 100)  # a count is 0.01 m3
    pieces = np.zeros(total * DAY_QUARTERS)
    pieces[::DAY_QUARTERS] = output * 10  # a count is 0.1 t
    until = first + timedelta(days=days)
    file = ImportedRange(*_first_day_ms(first), Origin.LOG, "history.csv sha256:00ff")
    plan = Plan(
        plant=PlantFacts("test-mill", "Test mill", "TH", "ceramics", "Asia/Bangkok", True, "invented", True),
        baseline=Period(first, until),
        reporting=Period(until, until + timedelta(days=reporting_days)),
        streams=(
            StreamPlan(
                id="kiln-gas",
                label="Natural gas, kiln",
                carrier="natural_gas",
                unit="m3",
                grain=Grain.DAY,
                series="kiln-gas/volume_m3",
                drivers=("production_t",),
                heat_content=HeatContent("36.4", "MJ/m3", CalorificBasis.NET, "supplier's sheet of 2025"),
                factors=IPCC_GAS,
            ),
        ),
        drivers=(DriverPlan("production_t", "kiln-exit/production_t", "t", True),),
        options=(
            OptionRecord(
                "burner", "Burner control", Technique.BETTER_PROCESS_CONTROL, "excess air", OptionState.MONITORED, until,
                ("kiln-gas",),
            ),
        ),
    )  # fmt: skip
    exit_ = replace(counter(pieces, first_day=first, scale=0.1), point="kiln-exit", quantity="production_t", unit="t")
    series = {
        "kiln-gas/volume_m3": counter(counts, first_day=first, scale=0.01, start=123456.5, imported=(file,)),
        "kiln-exit/production_t": exit_,
    }
    return Dossier(plan, series, factors(IPCC_GAS))


def _first_day_ms(first):
    begin = int(np.datetime64(first, "ms").astype(np.int64)) - BANGKOK_MS
    return begin, begin + DAY_QUARTERS * QUARTER_MS


def months(first_year, last_year):
    """Return the first days of months from January of one year to January after another."""
    return [date(year, month, 1) for year in range(first_year, last_year + 1) for month in range(1, 13)] + [
        date(last_year + 1, 1, 1)
    ]


@lru_cache
def bakery(cut=0.1):
    """Return the dossier of a plant that keeps bills and logs by hand, 2023 against 2024."""
    rng = np.random.default_rng(11)
    edges = months(2023, 2024)
    output = np.round(rng.uniform(1600, 3400, 24), 1)
    degree_days = np.round(np.clip(300 + 350 * np.cos(np.arange(24) * np.pi / 6) + rng.normal(0, 20, 24), 0, None), 2)
    use = 1351 + 2.36 * output + 2.23 * degree_days + rng.normal(0, 60, 24)
    use = np.round(use * np.where(np.arange(24) >= 12, 1 - cut, 1.0))
    spans = list(pairwise(edges))
    bills = [
        RecordRow(
            start, end, units.convert(amount, "MMBtu", "kWh"), f"{amount:,.0f}", "MMBtu", Origin.BILL,
            calorific_basis=CalorificBasis.GROSS, cost="1200.50", currency="USD", source=f"bills.csv line {line}",
        )
        for line, ((start, end), amount) in enumerate(zip(spans, use.tolist(), strict=True), start=2)
    ]  # fmt: skip
    plan = Plan(
        plant=PlantFacts("test-bakery", "Test bakery", "US", "food", "America/New_York", False, "invented", True),
        baseline=Period(date(2023, 1, 1), date(2024, 1, 1)),
        reporting=Period(date(2024, 1, 1), date(2025, 1, 1)),
        streams=(
            StreamPlan(
                id="gas",
                label="Natural gas",
                carrier="natural_gas",
                unit="kWh",
                grain=Grain.MONTH,
                series="bills/natural_gas",
                drivers=("output", "hdd60"),
                calorific_basis=CalorificBasis.GROSS,
                factors=US_GAS,
            ),
        ),
        drivers=(
            DriverPlan("output", "production/output", "t", True),
            DriverPlan("hdd60", "drivers/hdd60", "degF.d", False),
        ),
        options=(
            OptionRecord(
                "oven", "Oven seals", Technique.GOOD_HOUSEKEEPING, "leaks", OptionState.MONITORED, date(2024, 1, 1),
                ("gas",),
            ),
        ),
    )  # fmt: skip
    return Dossier(
        plan,
        {
            "bills/natural_gas": Recorded("bills/natural_gas", "kWh", tuple(bills), spread=True),
            "production/output": _log("production/output", "t", spans, output),
            "drivers/hdd60": _log("drivers/hdd60", "degF.d", spans, degree_days),
        },
        factors(US_GAS),
    )


def _log(name, unit, spans, amounts):
    rows = [
        RecordRow(start, end, amount, repr(amount), unit, Origin.LOG, source=f"{name}.csv line {line}")
        for line, ((start, end), amount) in enumerate(zip(spans, amounts.tolist(), strict=True), start=2)
    ]
    return Recorded(name, unit, tuple(rows), spread=False)


def identity(dossier, **changes):
    """Return the identity of a first statement on a dossier."""
    plain = Identity(
        statement_id=statement_id_of(dossier.plan),
        version=1,
        supersedes=None,
        issued_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        language="en",
        program="meterproof 0.1.0",
    )
    return replace(plain, **changes)


@lru_cache
def bundle_of(dossier_of):
    """Return the bundle of a dossier that a function of this module gives."""
    dossier = dossier_of()
    return build_bundle(assess(dossier), identity(dossier), pdf=paper(dossier))


def files_of(bundle):
    """Return the files of a bundle by name."""
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files):
    """Return files as a zip file."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def repaired(files):
    """Return files with a manifest that agrees with them."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
        if name != "manifest.json"
    }
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def with_json(files, name, change):
    """Return files of which one JSON file was changed in place by a function."""
    value = json.loads(files[name])
    change(value)
    return {**files, name: json.dumps(value).encode()}


def with_text(files, name, old, new):
    """Return files of which one has a text in place of another; it has to be there."""
    content = files[name].decode()
    assert old in content
    return {**files, name: content.replace(old, new, 1).encode()}
