import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading

import pytest
from typer.testing import CliRunner

from meterproof_core.clock import ManualClock
from meterproof_edge.cli import app
from meterproof_edge.map_library import find_map
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.waveforms import SINCE_MS, Waveforms

NOW = SINCE_MS + 123_456_789
SETTINGS = """
plant = "kr-gwangyang-steel"
gateway = "gateway-1"
[broker]
url = "mqtt://127.0.0.1:1883"
[[meter]]
point = "main-incomer"
map = "schneider-iem3155"
host = "127.0.0.1"
port = {port}
poll_s = 300
offset_s = 137
timeout_s = 0.3
max_power_kw = 2000
[[meter]]
point = "cooling-water"
map = "siemens-mag6000"
host = "127.0.0.1"
port = {port}
unit_id = 2
poll_s = 60
timeout_s = 0.3
quantities = ["flow_m3_h", "volume_m3"]
units = {{ flow_m3_h = "l/h", volume_m3 = "l" }}
max_rate_per_h = {{ volume_m3 = 200 }}
"""


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def settings(tmp_path):
    def write(port: int = 1502, text: str = SETTINGS):
        path = tmp_path / "gateway.toml"
        path.write_text(text.format(port=port), encoding="utf-8")
        return path

    return write


@pytest.fixture
def simulated():
    """A server with an iEM3155 as unit 1 and no unit 2, on a loop of its own; its port."""
    loop = asyncio.new_event_loop()
    meter = SimulatedMeter(find_map("schneider-iem3155"), Waveforms(), ManualClock(NOW))

    async def make() -> RegisterServer:
        server = RegisterServer(SimulatedBus({1: meter}))
        await server.start()
        return server

    server = loop.run_until_complete(make())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server.port
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(timeout=10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=10)
    loop.close()


class TestMaps:
    def test_all_shipped_maps_are_listed(self):
        result = call("maps")
        assert result.exit_code == 0
        assert "schneider-iem3155" in result.stdout
        assert "Eastron" in result.stdout

    def test_the_list_is_there_for_machines(self):
        assert {one["id"] for one in json.loads(call("maps", "--json").stdout)} >= {"eastron-sdm630", "siemens-mag6000"}

    def test_one_map_shows_its_registers_and_sources(self):
        result = call("maps", "siemens-mag6000")
        assert "flow_m3_h" in result.stdout
        assert "A5E00753974" in result.stdout

    def test_one_map_for_machines_holds_every_register(self):
        shown = json.loads(call("maps", "schneider-iem3155", "--json").stdout)
        assert len(shown["registers"]) == len(find_map("schneider-iem3155").registers)

    def test_an_unknown_map_is_a_wrong_call(self):
        result = call("maps", "schneider")
        assert result.exit_code == 2
        assert result.stderr.startswith("error: map 'schneider' unknown; use eastron-sdm630, ")
        assert result.stderr.count("\n") == 1


class TestCheck:
    def test_sound_settings_show_the_read_plan(self, settings):
        result = call("check", settings())
        assert result.exit_code == 0
        assert "settings are sound" in result.stdout
        assert "3203 to 3226" in result.stdout

    def test_the_plan_is_there_for_machines(self, settings):
        report = json.loads(call("check", settings(), "--json").stdout)
        assert report["meters"][1]["requests"] == [
            {"function": 3, "start": 3002, "count": 16, "quantities": ["flow_m3_h", "volume_m3"]}
        ]
        assert report["meters"][0]["offset_ms"] == 137_000

    def test_bad_settings_are_named_in_one_line(self, settings):
        result = call("check", settings(text=SETTINGS.replace("poll_s = 300", "poll_s = 0")))
        assert result.exit_code == 2
        assert "meter 'main-incomer': poll_s 0" in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""


class TestRead:
    def test_a_meter_is_read_by_hand(self, simulated):
        result = call("read", "--map", "schneider-iem3155", "--host", "127.0.0.1", "--port", simulated)
        assert result.exit_code == 0, result.stderr
        volts = Waveforms().gauge("voltage_l1_v", NOW)
        line = next(line for line in result.stdout.splitlines() if line.startswith("voltage_l1_v"))
        assert float(line.split()[1]) == pytest.approx(volts, rel=1e-6)
        assert line.split()[2:] == ["V", "good"]

    def test_a_point_of_the_settings_is_read_for_machines(self, simulated, settings):
        result = call("read", settings(simulated), "--point", "main-incomer", "--json")
        assert result.exit_code == 0, result.stderr
        (sample,) = json.loads(result.stdout)
        assert sample["point"] == "main-incomer"
        numerator, denominator = Waveforms().counter("energy_import_kwh", NOW)
        assert sample["raw"]["energy_import_kwh"] == numerator * 1000 // denominator

    def test_by_hand_the_units_that_are_set_in_the_device_are_stated(self):
        units = ("--unit", "flow_m3_h=l/h", "--unit", "volume_m3=l", "--unit", "volume_2_m3=l")
        result = call("read", "--map", "siemens-mag6000", "--host", "127.0.0.1", "--port", 1, *units)
        assert result.exit_code == 1  # the call is right, nobody is there
        assert "cannot connect" in result.stderr

    def test_one_silent_meter_is_named_and_the_others_are_shown(self, simulated, settings):
        result = call("read", settings(simulated))
        assert result.exit_code == 1
        assert "main-incomer: schneider-iem3155" in result.stdout
        assert f"error: cooling-water: 127.0.0.1:{simulated} unit_id 2 function 3" in result.stderr
        assert "no answer within 0.3 s" in result.stderr

    def test_an_unreachable_meter_is_named(self):
        result = call("read", "--map", "schneider-iem3155", "--host", "127.0.0.1", "--port", 1, "--timeout", 0.5)
        assert result.exit_code == 1
        assert "127.0.0.1:1 unit_id 1" in result.stderr
        assert "cannot connect" in result.stderr
        assert "Traceback" not in result.output

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ([], "give either SETTINGS.toml or --map with --host"),
            (["--map", "schneider-iem3155"], "--host is missing"),
            (["--map", "siemens-mag6000", "--host", "127.0.0.1"], "state it"),
            (["--map", "siemens-mag6000", "--host", "127.0.0.1", "--unit", "flow_m3_h"], "use QUANTITY=UNIT"),
        ],
    )
    def test_a_wrong_call_says_what_is_accepted(self, words, said):
        result = call("read", *words)
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stderr.count("\n") == 1

    def test_an_unknown_point_is_named(self, settings):
        result = call("read", settings(), "--point", "boiler")
        assert result.exit_code == 2
        assert "no point 'boiler'; use main-incomer, cooling-water" in result.stderr


class TestSimulate:
    def start(self, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", "from meterproof_edge.cli import app; app()", "simulate", *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip

    def stopped(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=20)

    def test_it_serves_until_interrupted_and_says_that_it_is_simulated(self):
        with self.start("schneider-iem3155", "--port", 0, "--series", "steel-works") as process:
            first = process.stdout.readline()
            assert first.startswith("simulated Schneider Electric iEM3155: Modbus TCP at 127.0.0.1:")
            assert first.rstrip().endswith("unit_id 1, series steel-works")
            port = first.split("127.0.0.1:")[1].split()[0]
            result = call("read", "--map", "schneider-iem3155", "--host", "127.0.0.1", "--port", port)
            _, errors = self.stopped(process)
        assert result.exit_code == 0, result.stderr
        assert process.returncode == 0
        assert errors == ""

    def test_the_meters_of_settings_are_served_in_the_units_that_they_state(self, settings):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        path = settings(port)
        with self.start("--settings", path) as process:
            served = [process.stdout.readline() for _ in range(2)]
            result = call("read", path, "--point", "cooling-water", "--json")
            self.stopped(process)
        assert [f"unit_id {unit}" in line for unit, line in zip((1, 2), served, strict=True)] == [True, True]
        assert process.returncode == 0
        flow, volume = json.loads(result.stdout)[0]["values"]
        assert 7 <= flow <= 17  # m3/h; the device speaks l/h
        assert volume > 1000

    @pytest.mark.parametrize("words", [[], ["schneider-iem3155", "--settings", "x.toml"]])
    def test_a_map_or_settings_have_to_be_given(self, words):
        result = call("simulate", *words)
        assert result.exit_code == 2
        assert "give either MAP or --settings SETTINGS.toml" in result.stderr

    def test_an_address_in_use_is_named(self, simulated):
        result = call("simulate", "schneider-iem3155", "--port", simulated)
        assert result.exit_code == 2
        assert f"cannot listen on 127.0.0.1:{simulated}" in result.stderr

    def test_two_points_on_one_unit_cannot_be_simulated(self, settings):
        result = call("simulate", "--settings", settings(text=SETTINGS.replace("unit_id = 2", "unit_id = 1")))
        assert result.exit_code == 2
        assert "meter 'cooling-water': unit_id 1 at 127.0.0.1:1502 is another point's too" in result.stderr


@pytest.mark.parametrize("command", ["maps", "check", "read", "simulate"])
def test_every_command_shows_an_example(command):
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"meterproof-edge {command}" in result.stdout
