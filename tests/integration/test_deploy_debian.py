"""The Debian road: installed into a clean folder by an ordinary user, then every unit's own command is run for real."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from influx_server import InfluxServer, free_ports
from patience import eventually

ROOT = Path(__file__).parents[2]
PYTHON = "/usr/bin/python3"
NOBODY = 65534
PLANT = "simulated-works"
pytestmark = [pytest.mark.mosquitto, pytest.mark.influxdb]


def as_user(*command: str) -> list[str]:
    """Return a command as an ordinary user runs it; a test that root runs steps down."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


def environment(folder: Path) -> dict[str, str]:
    """Return an ordinary user's environment; where packages come from stays as it is on this machine."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON", "COV"))}
    return {**ours, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        as_user(*command), cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def installed(require_program) -> Iterator[Path]:
    """Give a folder into which an ordinary user installed."""
    for program, package in (("mosquitto_passwd", "mosquitto"), ("openssl", "openssl")):
        require_program(program, package=package)
    if not Path(PYTHON).exists():
        pytest.skip(f"{PYTHON} is not installed (Debian: apt install python3 python3-venv)")
    folder = Path(tempfile.mkdtemp(prefix="meterproof-installed-"))  # pytest's own folders are root's alone
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    try:
        done = run(folder, str(ROOT / "deploy/debian/install.sh"), "--prefix", str(folder / "here"), "--python", PYTHON)
        assert done.returncode == 0, done.stdout + done.stderr
        yield folder / "here"
    finally:
        shutil.rmtree(folder)


def commands(installed: Path) -> dict[str, list[str]]:
    """Return each unit's own command."""
    return {
        unit.stem.removeprefix("meterproof-"): shlex.split(re.search(r"^ExecStart=(.*)$", unit.read_text(), re.M)[1])
        for unit in (installed / "units").glob("*.service")
    }


def test_it_installs_programs_settings_secrets_and_units(installed):
    assert set(commands(installed)) == {"edge", "collector", "api"}
    for command in commands(installed).values():
        assert Path(command[0]).exists()
        assert Path(command[-1]).exists()
    for secret in (installed / "etc/secrets").iterdir():
        assert secret.stat().st_mode & 0o077 == 0
        assert len(secret.read_text().strip()) >= 32
    assert not [text for text in (installed / "etc").rglob("*.toml") if "@" in re.sub(r"#.*", "", text.read_text())]
    assert "User=" not in re.sub(r"^#.*", "", (installed / "units/meterproof-api.service").read_text(), flags=re.M)


def test_a_second_run_keeps_settings_secrets_and_certificates(installed):
    kept = [path for path in (installed / "etc").rglob("*") if path.is_file() and path.name != "meterproof.conf"]
    before = {path: path.read_bytes() for path in kept}
    done = run(installed, str(ROOT / "deploy/debian/install.sh"), "--prefix", str(installed), "--python", PYTHON)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in kept} == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--parts", "edge,brewery"], "part brewery unknown; use edge, collector, api"),
        (["--python", "/bin/false"], "/bin/false is no Python 3.11 or later"),
        (["--speed", "9"], "unknown argument --speed"),
    ],
)
def test_what_it_cannot_do_it_says_before_it_touches_anything(installed, tmp_path, arguments, complaint):
    done = run(installed, str(ROOT / "deploy/debian/install.sh"), "--prefix", str(installed / "other"), *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not (installed / "other").exists()


def test_systemd_finds_nothing_wrong_with_the_units(installed, require_program):
    verify = [require_program("systemd-analyze", package="systemd"), "verify", "--man=no"]
    done = subprocess.run([*verify, *map(str, (installed / "units").glob("*.service"))], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "meterproof" in line]
    assert not ours


@contextmanager
def started(installed: Path, name: str, command: list[str]) -> Iterator[subprocess.Popen]:
    log = installed / f"var/{name}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            as_user(*command), cwd=installed / "var" / name.partition(".")[0], env=environment(installed), stderr=file
        )
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(60) in (0, -15), log.read_text()


def moved(installed: Path, ports: dict[str, int]) -> None:
    """Put free ports in the place of the usual ones, which a machine under test may have in use."""
    texts = [*(installed / "etc").glob("*.toml"), *(installed / "etc/mosquitto/conf.d").glob("*.conf")]
    for text in texts:
        words = text.read_text()
        for usual, free in ports.items():
            words = re.sub(rf"\b{usual}\b", str(free), words)
        text.write_text(words)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def logs(installed: Path) -> str:
    """Return the end of what every service said."""
    return "\n".join(f"--- {log.name}\n{log.read_text()[-1500:]}" for log in (installed / "var").glob("*.log"))


def asked(url: str) -> dict:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return {}


def test_the_units_commands_carry_a_reading_from_the_meter_to_the_page(installed, require_program):
    clear, tls, health, page, meter = free_ports(5)
    with ExitStack() as stack:
        influx = stack.enter_context(
            InfluxServer(require_program("influxd", package="influxdb"), installed / "var/influx-under-test")
        )
        moved(installed, {"1883": clear, "8883": tls, "8643": health, "8642": page, "5020": meter, "8086": influx.port})
        broker = [require_program("mosquitto"), "-c", str(installed / "etc/mosquitto-standalone.conf")]
        stack.enter_context(started(installed, "mosquitto", broker))
        assert eventually(lambda: listens(clear)), (installed / "var/mosquitto.log").read_text()
        bin_folder = installed / "venv/bin"
        for check in (
            ["meterproof", "store", "setup", str(installed / "etc/collector.toml")],
            ["meterproof", "store", "check", str(installed / "etc/collector.toml")],
            ["meterproof-collector", "check", str(installed / "etc/collector.toml")],
            ["meterproof-edge", "check", str(installed / "etc/edge.toml")],
        ):
            done = run(installed, str(bin_folder / check[0]), *check[1:])
            assert done.returncode == 0, done.stdout + done.stderr
        simulate = [str(bin_folder / "meterproof-edge"), "simulate", "schneider-iem3155", "--port", str(meter)]
        stack.enter_context(started(installed, "edge.meter", simulate))
        for name, command in commands(installed).items():
            stack.enter_context(started(installed, name, command))

        counted = f"SELECT count(energy_import_kwh) AS rows FROM counters.readings WHERE plant='{PLANT}'"
        assert eventually(lambda: influx.query(counted, "meterproof"), timeout_s=60), logs(installed)
        assert eventually(lambda: asked(f"http://127.0.0.1:{health}/health").get("ok"), timeout_s=30), logs(installed)
        plants = asked(f"http://127.0.0.1:{page}/api/v1/plants")
        assert [plant["id"] for plant in plants["plants"]] == [PLANT]


def test_the_first_start_of_influxdb_reads_its_log_and_leaves_what_was_acknowledged(require_program, tmp_path):
    server = InfluxServer(require_program("influxd", package="influxdb"), tmp_path)
    with server:
        server.query("CREATE DATABASE kept")
        server.write("readings value=1 1", "kept", "autogen")
        server.kill()
        (port,) = free_ports(1)
        script = [ROOT / "deploy/debian/influxd-first-start.sh", tmp_path / "influxdb.conf", str(port)]
        done = subprocess.run(script, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "the start that counts follows" in done.stdout
        server.start()
        assert server.query("SELECT count(value) AS rows FROM readings", "kept")[0]["rows"] == 1


def test_a_server_that_cannot_start_is_told_at_once(require_program, tmp_path):
    require_program("influxd", package="influxdb")
    script = [ROOT / "deploy/debian/influxd-first-start.sh", tmp_path / "nowhere.conf", "18186"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "nowhere.conf" in done.stderr
