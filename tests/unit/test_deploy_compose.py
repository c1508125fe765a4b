"""The containers' files hold together: what they name is there, what they publish is on loopback, no secret is in them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from meterproof_api.cli.settings import load_api_settings
from meterproof_api.plants_file import load_plants
from meterproof_collector.cli.opening import store_settings
from meterproof_collector.settings import load_settings
from meterproof_store.settings import check_store_settings

FOLDER = Path(__file__).parents[2] / "deploy" / "compose"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Give a copy of deploy/ in which prepare.sh has run."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (Debian: apt install openssl)")
    deploy = tmp_path_factory.mktemp("deploy") / "deploy"
    shutil.copytree(FOLDER.parent, deploy, ignore=shutil.ignore_patterns("generated"))
    shutil.copytree(FOLDER.parents[1] / "dashboards", deploy.parent / "dashboards")
    folder = deploy / "compose"
    subprocess.run([folder / "prepare.sh", "broker.example"], check=True, capture_output=True)
    return folder


def mounts():
    return [
        (name, volume.split(":")[0])
        for name, service in COMPOSE["services"].items()
        for volume in service.get("volumes", ())
    ]


@pytest.mark.parametrize(("service", "source"), mounts())
def test_every_mount_is_there_or_a_declared_volume(prepared, service, source):
    if source.startswith("."):
        assert (prepared / source).resolve().exists()
    else:
        assert source in COMPOSE["volumes"]


def test_only_the_brokers_tls_port_is_reachable_from_elsewhere():
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == ["8883:8883"]


def test_every_secret_is_declared_made_and_readable_by_us_alone(prepared):
    used = {secret for service in COMPOSE["services"].values() for secret in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    for secret in COMPOSE["secrets"].values():
        assert len((prepared / secret["file"]).read_text()) == 64
    assert (prepared / "generated/secrets").stat().st_mode & 0o077 == 0
    assert not re.search(r"(?i)(password|token): *['\"]?[A-Za-z0-9]{8,}", (FOLDER / "compose.yaml").read_text())


def test_running_prepare_again_keeps_every_secret_and_certificate(prepared):
    kept = [*(prepared / "generated/secrets").iterdir(), *(prepared / "generated/mosquitto/certs").iterdir()]
    before = [file.read_bytes() for file in kept]
    subprocess.run([prepared / "prepare.sh", "broker.example"], check=True, capture_output=True)
    assert [file.read_bytes() for file in kept] == before


def test_the_settings_in_the_containers_are_accepted(prepared):
    collector = load_settings(prepared / "generated/collector.toml")
    check_store_settings(store_settings(collector))
    api = load_api_settings(prepared / "generated/api.toml")
    assert api.store == store_settings(collector)
    load_plants(Path(api.plants))


def test_every_service_that_is_waited_for_exists():
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", ())) <= set(COMPOSE["services"])
