"""A real InfluxDB 1.6 of Debian on free ports of loopback, in a folder of its own; it can be killed and started again.

with InfluxServer(program, folder) as server:
    settings = server.settings("db1")
"""

import base64
import json
import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from pathlib import Path
from time import monotonic

from meterproof_store.settings import StoreSettings

_START_S = 30.0
_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  wal-fsync-delay = "0s"
  query-log-enabled = false
  index-version = "{index}"
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  auth-enabled = {auth}
  log-enabled = false
  flux-enabled = false
  max-body-size = {max_body}
[logging]
  level = "warn"
  suppress-logo = true
"""


def free_ports(count):
    """Return free TCP ports of loopback."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class InfluxServer:
    """A real influxd 1.6; a context manager that ends it.

    Parameters
    ----------
    program : str
        influxd.
    folder : Path
        Where it keeps its data; a second server on the same folder finds them again.
    auth : bool
        Whether it asks for a user and a password (`make_admin`).
    max_body : int
        Longest body of a write that it takes [bytes]; 0 is no bound.
    """

    def __init__(self, program, folder, *, auth=False, max_body=25_000_000, index="inmem"):
        self._program = program
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._config = self._folder / "influxdb.conf"
        rpc, self.port = free_ports(2)
        self._config.write_text(
            _CONFIG.format(
                rpc=rpc, http=self.port, folder=self._folder, auth=str(auth).lower(), max_body=max_body, index=index
            )
        )
        self.url = f"http://127.0.0.1:{self.port}"
        self.version = ""
        self._process = None
        self._headers = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    @property
    def pid(self):
        """Process id of the running server."""
        return self._process.pid

    def start(self):
        """Start it, or start it again on the same port and folder, and wait until it answers."""
        log = (self._folder / "influxd.log").open("ab")
        with log:
            self._process = subprocess.Popen([self._program, "run", "-config", self._config], stdout=log, stderr=log)
        deadline, pause = monotonic() + _START_S, threading.Event()
        while not self._answers():
            if self._process.poll() is not None or monotonic() > deadline:
                said = (self._folder / "influxd.log").read_text(errors="replace")[-2000:]
                self.kill()
                raise RuntimeError(f"influxd did not come up: {said}")
            pause.wait(0.02)

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=5) as answer:
                self.version = answer.headers["X-Influxdb-Version"]
                return answer.status == 204
        except OSError:
            return False

    def kill(self):
        """End it as a power cut would: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def make_admin(self, user="admin", password="secret"):
        """Make the first user of a server that asks for one."""
        self.query(f"CREATE USER {user} WITH PASSWORD '{password}' WITH ALL PRIVILEGES")
        account = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {account}"}

    def settings(self, database="meterproof", *, gauge_days=0, **others):
        """Return the settings of a database here; unless told otherwise gauges are kept for good, as tests are old."""
        return StoreSettings(influx=self.url, database=database, gauge_days=gauge_days, **others)

    def query(self, statement, database="", *, epoch="ns"):
        """Return the rows of a statement's answer as dictionaries, asked by bare urllib: an independent witness."""
        body = urllib.parse.urlencode({"q": statement, "db": database, "epoch": epoch}).encode()
        asked = urllib.request.Request(f"{self.url}/query", body, self._headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            told = json.load(answer)
        return rows_of(told)

    def write(self, lines, database, policy):
        """Write bare line protocol, as somebody else would."""
        params = urllib.parse.urlencode({"db": database, "rp": policy})
        asked = urllib.request.Request(f"{self.url}/write?{params}", lines.encode(), self._headers)
        urllib.request.urlopen(asked, timeout=60).close()


def rows_of(told):
    """Return the rows of an answer of ``/query`` as dictionaries, tags included."""
    result = told["results"][0]
    assert "error" not in result, result
    return [
        {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
        for series in result.get("series", [])
        for row in series.get("values", [])
    ]
