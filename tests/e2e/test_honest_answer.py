"""The same reasoning on the same real data, changed on purpose: it is the reasoning that holds, not a number."""

from datetime import date, timedelta
from importlib.resources import as_file, files

import msgspec
import numpy as np
import pytest
from plant_worlds import stated

from meterproof_api.plants_file import load_plants
from meterproof_core.storage import IntervalColumns
from meterproof_edge.simulator.steel_works import load_steel_works
from meterproof_mv.dossier.plan import Period

QUARTER_MS = 900_000
HALF = 181 * 96
YEAR_MS = 364 * 86_400_000


@pytest.fixture(scope="module")
def plant():
    with as_file(files("meterproof.demo") / "steel_works.toml") as file:
        return load_plants(file).plants()[0]


@pytest.fixture(scope="module")
def series():
    return load_steel_works()


@pytest.fixture(scope="module")
def kwh(series):
    return np.array(series.amounts["energy_import_kwh"]) / 100


def statement(plant, start_ms, kwh):
    start = start_ms + np.arange(len(kwh)) * QUARTER_MS
    register = np.concatenate([[0.0], np.cumsum(kwh)]) * 1000
    columns = IntervalColumns(
        start.tolist(), (start + QUARTER_MS).tolist(), kwh.tolist(), register[:-1].tolist(), register[1:].tolist(),
        [False] * len(kwh),
    )  # fmt: skip
    said = stated(plant, columns)
    return {
        **said.assessment.streams[0].to_dict()["savings"],
        "findings": [finding.to_dict() for finding in said.findings],
        "status": said.status,
        "verified": said.verified,
        "claimed_co2e_t": said.assessment.verified_co2e_t,
    }


def codes(said):
    return {finding["code"] for finding in said["findings"]}


def test_a_cut_of_a_fifth_is_found_as_a_fifth_more_and_still_not_claimed(plant, series, kwh):
    as_it_was = statement(plant, series.start_ms, kwh)
    cut = kwh.copy()
    cut[HALF:] *= 0.8
    said = statement(plant, series.start_ms, cut)
    assert said["avoided"] - as_it_was["avoided"] == pytest.approx(0.2 * kwh[HALF:].sum(), rel=1e-9)
    assert said["status"] == "not_claimable"
    assert {"no_option", "no_production_driver", "unexplained_shift"} <= codes(said)
    assert (said["verified"], said["claimed_co2e_t"]) == (0, 0)


def test_the_first_half_year_against_itself_finds_nothing(plant, series, kwh):
    shifted = msgspec.structs.replace(
        plant, reporting_period=Period(date(2018, 1, 1) + timedelta(364), date(2018, 7, 1) + timedelta(364))
    )
    store_kwh = np.concatenate([kwh[:HALF], np.zeros(364 * 96 - HALF), kwh[:HALF]])
    said = statement(shifted, series.start_ms, store_kwh)
    assert said["avoided"] == pytest.approx(0, abs=1e-6)
    assert said["lower"] < 0 < said["upper"]
    assert "unexplained_shift" not in codes(said)
    assert said["status"] == "not_claimable"
    assert said["verified"] == 0


def test_the_second_half_as_baseline_of_the_first_finds_the_reverse(plant, series, kwh):
    """A sign error would show here: where less was used before, more was used after."""
    swapped = np.concatenate([kwh[HALF:], kwh[:HALF]])
    turned = msgspec.structs.replace(
        plant,
        baseline_period=Period(date(2018, 1, 1), date(2018, 7, 4)),
        reporting_period=Period(date(2018, 7, 4), date(2019, 1, 1)),
    )
    said = statement(turned, series.start_ms, swapped)
    assert said["avoided"] < 0
    assert said["status"] == "not_claimable"
    assert said["verified"] == 0
