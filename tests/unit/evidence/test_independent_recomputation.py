"""The figures of a bundle computed by somebody else: the CSV files, numpy's least squares, and nothing of our maths."""

import csv
import json
from datetime import date, datetime, timedelta
from io import StringIO

import bundle_worlds as worlds
import numpy as np
import pytest
from scipy.stats import t as student

MJ_PER_KWH = 3.6
KWH_PER_MMBTU = 1055.05585262 / MJ_PER_KWH


def rows(files, path):
    return list(csv.DictReader(StringIO(files[path].decode())))


def fitted(x, y):
    design = np.column_stack([np.ones(len(y)), *x])
    coefficients, *_ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ coefficients
    return design, coefficients, residual


def coefficients(stated):
    """Return the intercept, then the slopes in the order of the stream's drivers."""
    return [stated["model"]["coefficients"][name] for name in ("intercept", *stated["drivers"])]


def test_the_bills_of_a_year_give_the_stated_baseline_savings_and_interval():
    files = worlds.files_of(worlds.bundle_of(worlds.bakery))
    stated = json.loads(files["statement.json"])["streams"][0]
    bills = rows(files, "data/bills--natural_gas.csv")
    use = np.array([float(row["written"].replace(",", "")) * KWH_PER_MMBTU for row in bills])
    output = np.array([float(row["written"]) for row in rows(files, "data/production--output.csv")])
    degree_days = np.array([float(row["written"]) for row in rows(files, "data/drivers--hdd60.csv")])
    old = np.array([row["start"] < "2024-01-01" for row in bills])
    design, b, residual = fitted([output[old], degree_days[old]], use[old])
    assert coefficients(stated) == pytest.approx(b, rel=1e-9)
    later = np.column_stack([np.ones(12), output[~old], degree_days[~old]])
    expected, saved = later @ b, float((later @ b - use[~old]).sum())
    assert stated["savings"]["adjusted_baseline"] == pytest.approx(expected.sum(), rel=1e-9)
    assert stated["savings"]["avoided"] == pytest.approx(saved, rel=1e-7)
    g, s2 = later.sum(axis=0), float(residual @ residual) / 9
    error = np.sqrt(s2 * (12 + g @ np.linalg.inv(design.T @ design) @ g))
    assert stated["savings"]["formula"] == "exact, independent residuals"
    assert stated["savings"]["lower"] == pytest.approx(saved - student.ppf(0.95, 9) * error, rel=1e-7)
    assert stated["savings"]["lower_one_sided_90"] == pytest.approx(saved - student.ppf(0.9, 9) * error, rel=1e-7)
    per_kwh = (53.06 + 0.001 * 28 + 0.0001 * 265) / 1000 / KWH_PER_MMBTU
    assert stated["tonnes"]["co2e_t"] == pytest.approx(saved * per_kwh, rel=1e-7)


def daily(files, path, days, *, worth):
    """Return the sums of a counter by the days of Bangkok, from its registers alone."""
    total = dict.fromkeys(days, 0.0)
    for row in rows(files, path):
        local = datetime.fromisoformat(row["start"]) + timedelta(hours=7)
        total[local.date()] += (float(row["register_end"]) - float(row["register_start"])) * worth
    return np.array(list(total.values()))


def test_the_registers_of_a_meter_give_the_stated_baseline_savings_and_interval():
    files = worlds.files_of(worlds.bundle_of(worlds.mill))
    stated = json.loads(files["statement.json"])["streams"][0]
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(90)]
    use = daily(files, "data/kiln-gas--volume_m3.csv", days, worth=0.01)
    output = daily(files, "data/kiln-exit--production_t.csv", days, worth=0.1)
    design, b, residual = fitted([output[:60]], use[:60])
    assert coefficients(stated) == pytest.approx(b, rel=1e-9)
    later = np.column_stack([np.ones(30), output[60:]])
    saved = float((later @ b - use[60:]).sum())
    assert stated["savings"]["avoided"] == pytest.approx(saved, rel=1e-7)
    rho = np.clip(stated["model"]["rho1"], 0, 0.99)
    s2 = float(residual @ residual) / 58
    noise = s2 * (30 + 2 * sum((30 - k) * rho**k for k in range(1, 30)))
    lag = np.abs(np.subtract.outer(np.arange(60), np.arange(60)))
    bread, g = np.linalg.inv(design.T @ design), later.sum(axis=0)
    error = np.sqrt(noise + g @ bread @ (design.T @ (s2 * rho**lag) @ design) @ bread @ g)
    free = max(min(60 * (1 - rho) / (1 + rho), 60) - 2, 2)
    assert stated["savings"]["lower_one_sided_90"] == pytest.approx(saved - student.ppf(0.9, free) * error, rel=1e-7)
    per_m3 = 36.4e-6 * (56100 + 1 * 28 + 0.1 * 265) / 1000
    assert stated["tonnes"]["co2e_t"] == pytest.approx(saved * per_m3, rel=1e-7)
    assert stated["tonnes"]["verified_co2e_t"] == np.floor(stated["verified"] * per_m3)


def test_the_compared_rows_are_enough_for_a_spreadsheet():
    files = worlds.files_of(worlds.bundle_of(worlds.mill))
    stated = json.loads(files["statement.json"])["streams"][0]
    table = rows(files, "rows/kiln-gas.csv")
    base = [row for row in table if row["period"] == "baseline"]
    _, b, _ = fitted(
        [[float(row["production_t"]) for row in base]], np.array([float(row["actual [m3]"]) for row in base])
    )
    assert coefficients(stated) == pytest.approx(b, rel=1e-9)
    later = [row for row in table if row["period"] == "reporting"]
    saved = sum(float(row["expected [m3]"]) - float(row["actual [m3]"]) for row in later)
    assert stated["savings"]["avoided"] == pytest.approx(saved, rel=1e-9)
