"""Pushing, against a stand-in for Grafana's HTTP API (no Grafana runs on the test machines)."""

import socket

import pytest
from grafana_stand_in import TOKEN, GrafanaStandIn
from typer.testing import CliRunner

from meterproof_dashboards.cli import app
from meterproof_dashboards.files import dashboards

UIDS = [dashboard.uid for dashboard in dashboards()]
SOURCE = "/api/datasources/uid/meterproof-influx"


@pytest.fixture
def secrets(tmp_path):
    (tmp_path / "grafana.token").write_text(f"{TOKEN}\n")
    (tmp_path / "influx.token").write_text("influx-t0ken\n")
    (tmp_path / "influx.password").write_text("pa55\n")
    return tmp_path


@pytest.fixture
def grafana():
    with GrafanaStandIn().serving() as stand_in:
        yield stand_in


def push(url, secrets, *arguments):
    command = ["push", "--url", url, "--token-file", secrets / "grafana.token", *arguments]
    return CliRunner().invoke(app, list(map(str, command)))


def with_influx(secrets):
    return ("--influx", "http://influxdb:8086", "--influx-token-file", secrets / "influx.token")


def test_an_empty_grafana_gets_data_source_folder_and_dashboards(grafana, secrets):
    done = push(grafana.url, secrets, *with_influx(secrets))
    assert done.exit_code == 0, done.output
    assert grafana.data_sources["meterproof-influx"]["secureJsonData"] == {"httpHeaderValue1": "Token influx-t0ken"}
    assert grafana.folders == {"meterproof": "meterproof"}
    assert list(grafana.dashboards) == UIDS
    assert done.output.splitlines() == [
        "Grafana: 11.6.0",
        "data source meterproof-influx: made",
        "folder meterproof: made",
        *(f"dashboard {uid}: made" for uid in UIDS),
    ]


def test_what_arrives_is_what_is_built_in_our_folder(grafana, secrets):
    push(grafana.url, secrets, *with_influx(secrets))
    for dashboard in dashboards():
        found = grafana.dashboards[dashboard.uid]
        assert {**found["dashboard"], "version": 1} == {**dashboard.as_json(), "id": found["dashboard"]["id"]}
        assert found["meta"] == {"folderUid": "meterproof"}


def test_pushing_again_changes_no_dashboard_and_no_folder(grafana, secrets):
    push(grafana.url, secrets, *with_influx(secrets))
    grafana.asked.clear()
    done = push(grafana.url, secrets, *with_influx(secrets))
    assert done.exit_code == 0, done.output
    assert grafana.changes == [("PUT", SOURCE)]  # its secrets cannot be read back, so it is written again
    assert done.output.count("unchanged") == 1 + len(UIDS)


def test_a_dashboard_that_was_edited_is_put_right_and_the_others_are_left(grafana, secrets):
    push(grafana.url, secrets, *with_influx(secrets))
    grafana.dashboards[UIDS[0]]["dashboard"]["title"] = "mine"
    grafana.dashboards[UIDS[1]]["meta"]["folderUid"] = "elsewhere"
    done = push(grafana.url, secrets)
    assert [line for line in done.output.splitlines() if "updated" in line] == [
        f"dashboard {uid}: updated" for uid in UIDS[:2]
    ]
    assert grafana.dashboards[UIDS[0]]["dashboard"]["title"] == dashboards()[0].title
    assert grafana.dashboards[UIDS[1]]["meta"] == {"folderUid": "meterproof"}


def test_a_folder_may_have_another_title_and_keeps_its_uid(grafana, secrets):
    push(grafana.url, secrets, *with_influx(secrets))
    done = push(grafana.url, secrets, "--folder", "North Mill")
    assert "folder North Mill: renamed" in done.output
    assert grafana.folders == {"meterproof": "North Mill"}


def test_a_plants_time_zone_goes_along(grafana, secrets):
    push(grafana.url, secrets, *with_influx(secrets), "--time-zone", "Asia/Kathmandu")
    assert grafana.dashboards["meterproof-plant"]["dashboard"]["timezone"] == "Asia/Kathmandu"


def test_an_influxdb_of_generation_1_is_given_with_user_and_password(grafana, secrets):
    account = ("--influx-user", "grafana", "--influx-password-file", secrets / "influx.password")
    done = push(grafana.url, secrets, "--influx", "http://127.0.0.1:8086", "--database", "mills", *account)
    assert done.exit_code == 0, done.output
    source = grafana.data_sources["meterproof-influx"]
    assert (source["user"], source["secureJsonData"]) == ("grafana", {"password": "pa55"})
    assert source["jsonData"]["dbName"] == "mills"


def test_a_data_source_that_is_there_is_used_as_it_is(grafana, secrets):
    grafana.data_sources["meterproof-influx"] = {"uid": "meterproof-influx"}
    done = push(grafana.url, secrets)
    assert done.exit_code == 0, done.output
    assert "data source meterproof-influx: there already" in done.output
    assert grafana.data_sources == {"meterproof-influx": {"uid": "meterproof-influx"}}


def test_a_data_source_from_a_provisioning_file_is_left_as_it_is(grafana, secrets):
    grafana.data_sources["meterproof-influx"] = {"uid": "meterproof-influx", "readOnly": True}
    done = push(grafana.url, secrets, *with_influx(secrets))
    assert done.exit_code == 0, done.output
    assert "left as it is: a provisioning file" in done.output
    assert ("PUT", SOURCE) not in grafana.asked


def test_without_a_data_source_nothing_is_pushed(grafana, secrets):
    done = push(grafana.url, secrets)
    assert done.exit_code == 1
    assert "there is no data source with the uid meterproof-influx; give --influx" in done.stderr
    assert grafana.changes == []


def test_a_wrong_token_is_named_and_never_printed(grafana, secrets):
    (secrets / "grafana.token").write_text("glsa_wrong")
    done = push(grafana.url, secrets, *with_influx(secrets))
    assert done.exit_code == 1
    assert "turned away with 401" in done.stderr
    assert "glsa_wrong" not in done.output
    assert grafana.changes == []


def test_a_token_without_the_right_role_is_told_which_it_needs(grafana, secrets):
    grafana.refusal = ("/api/datasources", 403, "You'll need additional permissions to perform this action")
    done = push(grafana.url, secrets, *with_influx(secrets))
    assert done.exit_code == 1
    assert "data source meterproof-influx: Client Error 403" in done.stderr
    assert "needs the role Admin" in done.stderr


def test_what_grafana_says_of_a_dashboard_that_it_refuses_is_passed_on(grafana, secrets):
    grafana.refusal = ("/api/dashboards/db", 400, "Cannot save provisioned dashboard")
    done = push(grafana.url, secrets, *with_influx(secrets))
    assert done.exit_code == 1
    assert "dashboard meterproof-plant: " in done.stderr
    assert "Cannot save provisioned dashboard" in done.stderr


def test_a_server_that_fails_is_named(grafana, secrets):
    grafana.refusal = ("/api/folders", 500, "database is locked")
    done = push(grafana.url, secrets, *with_influx(secrets))
    assert done.exit_code == 1
    assert "Server Error 500: database is locked" in done.stderr


@pytest.mark.parametrize("version", ["10.4.2", "9.5.0", "nightly"])
def test_a_grafana_that_is_too_old_gets_nothing(secrets, version):
    with GrafanaStandIn(version).serving() as grafana:
        done = push(grafana.url, secrets, *with_influx(secrets))
        assert done.exit_code == 1
        assert f"Grafana {version} is too old for these dashboards; use 11.0 or later" in done.stderr
        assert grafana.changes == []


@pytest.mark.parametrize("version", ["11.0.0", "12.1.0-pre", "13.1.0"])
def test_a_grafana_that_is_new_enough_is_accepted(secrets, version):
    with GrafanaStandIn(version).serving() as grafana:
        assert push(grafana.url, secrets, *with_influx(secrets)).exit_code == 0


def test_a_grafana_that_keeps_its_version_to_itself_is_tried(secrets):
    with GrafanaStandIn(version="").serving() as grafana:
        done = push(grafana.url, secrets, *with_influx(secrets))
        assert done.exit_code == 0, done.output
        assert "Grafana: unknown version" in done.output


def test_a_grafana_below_a_path_is_reached(secrets):
    with GrafanaStandIn().serving(prefix="/grafana") as grafana:
        done = push(grafana.url, secrets, *with_influx(secrets))
        assert done.exit_code == 0, done.output
        assert list(grafana.dashboards) == UIDS


def test_a_grafana_that_is_not_there_is_named(secrets):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = push(url, secrets, *with_influx(secrets))
    assert done.exit_code == 1
    assert f"error: {url}: version: no answer of a Grafana (ConnectionError)" in done.stderr


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("grafana:3000", "is not an address"),
        ("ftp://grafana", "is not an address"),
        ("http://grafana:port", "is not an address"),
        ("http://grafana/?orgId=1", "is not an address"),
        ("http://admin:admin@grafana:3000", "url of grafana: names an account"),
    ],
)
def test_an_address_that_is_none_is_refused(secrets, url, says):
    done = push(url, secrets)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "admin:admin" not in done.stderr


@pytest.mark.parametrize("content", ["", " \n", "two\nlines", b"\xff"])
def test_a_file_that_holds_no_secret_is_named(grafana, secrets, content):
    path = secrets / "grafana.token"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = push(grafana.url, secrets)
    assert done.exit_code == 2
    assert str(path) in done.stderr


def test_a_secret_file_that_is_not_there_is_named(grafana, secrets):
    (secrets / "grafana.token").unlink()
    done = push(grafana.url, secrets)
    assert done.exit_code == 2
    assert "grafana.token: cannot be read (FileNotFoundError)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--influx", "http://i:8086", "--influx-user", "grafana"),
            "--influx-user and --influx-password-file go together",
        ),
        (("--influx-token-file", "influx.token"), "an account of InfluxDB without --influx"),
        (("--time-zone", "Mars/Olympus"), "time zone 'Mars/Olympus' unknown"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(grafana, secrets, arguments, says):
    done = push(grafana.url, secrets, *arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert grafana.changes == []
