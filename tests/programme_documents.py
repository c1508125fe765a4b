"""Statement documents for the tests of the programme: small, of the right shape, changed where a test wants it."""

import json
import random
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from meterproof_api.statements.shelf import Shelf

Json = dict[str, Any]
GAS = {
    "factor_id": "ipcc2006-natural-gas-co2",
    "version": 1,
    "value": "56100",
    "unit": "kg/TJ",
    "quantity": "ef",
    "carrier": "natural_gas",
    "publisher": "IPCC",
    "document": "2006 Guidelines",
    "edition": "2006",
    "page_or_table": "V2 Table 2.3",
    "trust": "verified",
    "gas": "CO2",
    "uncertainty_low": "54300",
    "uncertainty_high": "58300",
    "uncertainty_kind": "95",
}
POTENTIAL = {
    **GAS,
    "factor_id": "ar5-ch4",
    "value": "28",
    "unit": "t/t",
    "quantity": "gwp",
    "carrier": "",
    "gas": "CH4",
}
TECHNIQUE = "better_process_control"


def an_option(**changes: Any) -> Json:
    """Return a monitored option on the kiln's gas."""
    option = {
        "id": "kiln-burner-control",
        "title": "Burner control",
        "technique": TECHNIQUE,
        "cause": "excess air",
        "state": "monitored",
        "start_up": "2025-01-01",
        "streams": ["kiln-gas"],
    }
    return {**option, **changes}


def tonnes_of(co2e_t: float, half: float, verified: float) -> Json:
    """Return avoided emissions with a symmetric interval."""
    return {
        "co2_t": co2e_t,
        "ch4_t": 0.0,
        "n2o_t": 0.0,
        "co2e_t": co2e_t,
        "lower": co2e_t - half,
        "upper": co2e_t + half,
        "lower_one_sided": co2e_t - 0.8 * half,
        "biogenic_co2_t": 0.0,
        "verified_co2e_t": verified,
    }


def coverage(start: str, end: str) -> Json:
    """Return a period that is known whole."""
    return {
        "start": start,
        "end": end,
        "rows": 365,
        "known_rows": 365,
        "expected_intervals": 35040,
        "present_intervals": 35040,
        "completeness": 1.0,
        "spans": 0,
        "span_hours": 0.0,
        "span_amount": 0.0,
        "amount": 1e6,
        "origins": ["meter"],
    }


def a_stream(verified_t: float = 500.0, **changes: Any) -> Json:
    """Return a claimed stream of gas: 2 t CO2e to the 1000 m3."""
    avoided, half = (verified_t + 100) * 500, 100 * 500.0
    stream = {
        "id": "kiln-gas",
        "label": "Natural gas, tunnel kiln",
        "carrier": "natural_gas",
        "unit": "m3",
        "grain": "day",
        "drivers": ["production_t"],
        "linked_options": ["kiln-burner-control"],
        "baseline": coverage("2024-01-01", "2025-01-01"),
        "reporting": coverage("2025-01-01", "2026-01-01"),
        "model": None,
        "savings": {
            "avoided": avoided,
            "lower": avoided - half,
            "upper": avoided + half,
            "confidence": 0.9,
            "adjusted_baseline": 1e6,
            "actual": 1e6 - avoided,
            "lower_one_sided_90": avoided - 0.8 * half,
            "standard_error": half / 1.66,
            "formula": "exact",
            "rho": 0.2,
            "n_eff": 240.0,
            "degrees_of_freedom": 100.0,
            "m": 365,
        },
        "status": "claimable",
        "verified": verified_t * 500,
        "tonnes": tonnes_of(verified_t + 100, 100.0, verified_t),
        "findings": [],
    }
    return {**stream, **changes}


def a_statement(plant: str = "north-tiles", verified_t: float = 500.0, **changes: Any) -> Json:
    """Return the statement of a real ceramics works in Thailand for 2025, issued in March 2026.

    Changes name keys of the document; ``start``, ``end``, ``country``, ``sector``, ``name`` and ``simulated`` are
    short for what lies deeper.
    """
    start, end = changes.pop("start", "2025-01-01"), changes.pop("end", "2026-01-01")
    simulated = changes.pop("simulated", False)
    facts = {key: changes.pop(key) for key in ("country", "sector", "name") if key in changes}
    document = {
        "format": "meterproof-statement/1",
        "statement_id": f"{plant}.{start}.{end}",
        "version": 1,
        "supersedes": None,
        "state": "unsigned",
        "language": "en",
        "issued_at": "2026-03-01T12:00:00Z",
        "program": "meterproof 0.1.0",
        "plant": {
            "id": plant,
            "name": f"The {plant} works",
            "country": "TH",
            "sector": "ceramics",
            "time_zone": "Asia/Bangkok",
            "simulated": simulated,
            "origin": "Invented for a test.",
            "produces": True,
            **facts,
        },
        "simulated": simulated,
        "baseline_period": {"start": "2024-01-01", "end": "2025-01-01"},
        "reporting_period": {"start": start, "end": end},
        "status": "claimable",
        "provisional": False,
        "options": [an_option()],
        "streams": [a_stream(verified_t)],
        "gwp_set": "AR5",
        "tonnes": tonnes_of(verified_t + 100, 100.0, verified_t),
        "factors": [GAS, POTENTIAL],
        "findings": [],
    }
    return {**document, **changes}


def not_claimable(plant: str = "north-steel", **changes: Any) -> Json:
    """Return a statement that claims nothing: no option is linked."""
    shown = a_stream(0.0, linked_options=[], status="not_claimable", verified=0.0)
    values = {"status": "not_claimable", "options": [], "streams": [shown], **changes}
    return a_statement(plant, 0.0, **values)


def many_statements(count: int, seed: int = 5) -> list[Json]:
    """Return statements of so many plants: 20 countries, 12 sectors, all techniques, a fifth of them simulated."""
    rng = random.Random(seed)
    techniques = [
        "good_housekeeping",
        "input_material_change",
        "better_process_control",
        "equipment_modification",
        "technology_change",
        "on_site_recovery_reuse",
        "production_of_useful_by_products",
        "product_modification",
    ]
    countries = [
        "BD",
        "CN",
        "CO",
        "EG",
        "ET",
        "IN",
        "KE",
        "KH",
        "KR",
        "LA",
        "LK",
        "MA",
        "MX",
        "PE",
        "RW",
        "TH",
        "TN",
        "UG",
        "VN",
        "ZA",
    ]
    documents = []
    for number in range(count):
        states = ["identified", "feasible", "implemented", "monitored"]
        options = [
            an_option(technique=rng.choice(techniques)),
            an_option(id="second", technique=rng.choice(techniques), state=rng.choice(states)),
        ][: rng.choice([1, 1, 2])]
        make = not_claimable if number % 4 == 0 else a_statement
        values = {} if number % 4 == 0 else {"options": options, "verified_t": float(rng.randrange(50, 5000))}
        documents.append(
            make(
                f"plant-{number:05d}",
                country=rng.choice(countries),
                sector=f"sector_{rng.randrange(12)}",
                simulated=number % 5 == 0,
                provisional=number % 7 == 0,
                **values,
            )
        )
    return documents


def bundle_of(document: Json) -> bytes:
    """Return the smallest bundle that a shelf takes: the statement alone."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("statement.json"), json.dumps(document))
    return file.getvalue()


def shelf_of(folder: Path, *documents: Json) -> Shelf:
    """Return a shelf that holds some statements."""
    shelf = Shelf(folder)
    for document in documents:
        shelf.put(bundle_of(document))
    return shelf
