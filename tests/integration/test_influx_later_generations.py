"""Setting up and checking 2.x and 3.x, on stand-ins that answer as the makers' documents say.

The whole contract runs on a real one when `METERPROOF_TEST_INFLUX_URL` names it.
"""

import pytest
from contract.readings_samples import KW, KWH, group
from influx_stand_in import TOKEN, standing_in

from meterproof_core.errors import StoreAccessError, StoreError
from meterproof_store.influx.checking import Level, check_store
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store
from meterproof_store.settings import StoreSettings

DAY_S = 86_400


@pytest.fixture
def second():
    with standing_in("v2.7.10") as stand_in:
        yield stand_in


@pytest.fixture
def third():
    with standing_in("3.2.0") as stand_in:
        yield stand_in


def settings(stand_in, **others):
    return StoreSettings(influx=stand_in.url, **{"org": "works", **others})


def done(steps):
    return {step.what: step.done for step in steps}


def now():
    return 1_700_000_000_000


def test_buckets_and_mappings_of_2_are_made_once(second):
    assert set(done(set_up(settings(second), token=TOKEN)).values()) == {"made"}
    assert {name: bucket["retentionRules"] for name, bucket in second.buckets.items()} == {
        "meterproof/counters": [],
        "meterproof/gauges": [{"type": "expire", "everySeconds": 90 * DAY_S}],
    }
    assert [(each["database"], each["retention_policy"], each["default"]) for each in second.mappings] == [
        ("meterproof", "counters", True),
        ("meterproof", "gauges", False),
    ]
    assert set(done(set_up(settings(second), token=TOKEN)).values()) == {"was there"}
    assert (len(second.buckets), len(second.mappings)) == (2, 2)


def test_a_bucket_of_2_is_kept_longer_and_never_shorter(second):
    def kept(days):
        set_up(settings(second, gauge_days=days), token=TOKEN)
        return sum(rule["everySeconds"] for rule in second.buckets["meterproof/gauges"]["retentionRules"]) // DAY_S

    assert [kept(days) for days in (30, 60, 7, 0, 30)] == [30, 60, 60, 0, 0]


def test_what_was_set_up_on_2_can_be_opened_and_written(second):
    set_up(settings(second), token=TOKEN)
    store = open_store(settings(second), token=TOKEN)
    store.readings.write([group([1], {KWH: [1.0], KW: [2.0]})])
    store.close()
    written = {bucket: lines[-1].rsplit(",", 1)[1] for bucket, lines in second.lines.items()}
    assert written == {"meterproof/counters": f"{KWH}=1.0 1", "meterproof/gauges": f"{KW}=2.0 1"}
    params = [params for method, path, params in second.asked if path == "/api/v2/write"][-1]
    assert (params["org"], params["precision"]) == ("works", "ms")


def test_a_mapping_of_2_that_is_gone_is_found(second):
    set_up(settings(second), token=TOKEN)
    assert {each.level for each in check_store(settings(second), token=TOKEN, now_ms=now)} <= {Level.OK, Level.WARNING}
    del second.mappings[1]
    found = {each.what: each for each in check_store(settings(second), token=TOKEN, now_ms=now)}
    assert found["mapping of gauges"].level is Level.FAILED
    assert "no DBRP mapping" in found["mapping of gauges"].found


def test_an_organisation_of_2_that_is_not_there_is_named(second):
    set_up(settings(second), token=TOKEN)
    with pytest.raises(StoreAccessError, match="organisation 'mill' not found; name yours with org"):
        set_up(settings(second, org="mill"), token=TOKEN)


def test_a_wrong_token_is_turned_away_and_never_shown(second, third):
    for server in (second, third):
        for opens in (open_store, set_up):
            with pytest.raises(StoreAccessError, match="turned us away with 401") as caught:
                opens(settings(server), token="another-secret")
            assert "another-secret" not in str(caught.value)


def test_a_server_of_2_in_trouble_is_an_error_to_try_again(second):
    second.fails["/api/v2/buckets"] = (503, {"code": "unavailable", "message": "try later"})
    with pytest.raises(StoreError, match="failed with 503: try later") as caught:
        set_up(settings(second), token=TOKEN)
    assert type(caught.value) is StoreError


def test_databases_of_3_are_made_once(third):
    assert set(done(set_up(settings(third), token=TOKEN)).values()) == {"made"}
    assert third.databases == {"meterproof/counters": None, "meterproof/gauges": "2160h"}
    assert set(done(set_up(settings(third), token=TOKEN)).values()) == {"was there"}


def test_what_was_set_up_on_3_is_asked_by_policy_and_not_by_a_qualified_name(third):
    set_up(settings(third), token=TOKEN)
    open_store(settings(third), token=TOKEN).close()
    asked = [params for _, path, params in third.asked if path == "/query"]
    assert {(params["db"], params["rp"]) for params in asked} == {("meterproof", "counters")}
    assert {each.level for each in check_store(settings(third), token=TOKEN, now_ms=now)} <= {Level.OK, Level.WARNING}


@pytest.mark.parametrize("answer", [(404, {"error": "no such path"}), (200, "not a list")])
def test_a_3_that_has_commands_only_is_told_with_the_command(third, answer):
    third.fails["/api/v3/configure/database"] = answer
    with pytest.raises(StoreError, match="`influxdb3 create database meterproof/counters`"):
        set_up(settings(third), token=TOKEN)


def test_a_3_that_makes_no_database_is_told_with_the_command(third, monkeypatch):
    monkeypatch.setattr(
        third, "_database", lambda method, _: (200, []) if method == "GET" else (422, {"error": "limit"})
    )
    with pytest.raises(StoreError, match="failed with 422: limit; make the databases yourself"):
        set_up(settings(third), token=TOKEN)
