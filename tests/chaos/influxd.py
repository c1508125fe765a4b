"""A real InfluxDB 1.x as a process of the harness, and what it says when it is asked without any code of ours."""

import json
import os
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chaos.service import START_S, Service

DATABASE = "meterproof"


def influxd_service(program: str, folder: Path, logs: Path, port: int, rpc_port: int) -> Service:
    """Return an influxd that keeps its files in a folder and listens on loopback."""
    environment = {
        "INFLUXDB_REPORTING_DISABLED": "true",
        "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{rpc_port}",
        "INFLUXDB_META_DIR": str(folder / "meta"),
        "INFLUXDB_DATA_DIR": str(folder / "data"),
        "INFLUXDB_DATA_WAL_DIR": str(folder / "wal"),
        "INFLUXDB_DATA_QUERY_LOG_ENABLED": "false",
        "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{port}",
        "INFLUXDB_HTTP_LOG_ENABLED": "false",
        "INFLUXDB_MONITOR_STORE_ENABLED": "false",
        "HOME": str(folder),
    }
    return Service("influxd", [program, "run", "-config", os.devnull], logs, "Listening for signals", environment)


class Asking:
    """Questions to an InfluxDB over plain HTTP.

    Parameters
    ----------
    port : int
        Where it listens on loopback.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def wait(self, timeout_s: float = START_S) -> None:
        """Wait until it answers."""
        until = time.monotonic() + timeout_s
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/ping", timeout=1):
                    return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query, with the tags of its series; times in ms."""
        for result in self._answers(query):
            assert "error" not in result, (query, result)
            for series in result.get("series", ()):
                tags = series.get("tags", {})
                for values in series["values"]:
                    yield {**dict(zip(series["columns"], values, strict=True)), **tags}

    def _answers(self, query: str) -> Iterator[dict[str, Any]]:
        asked = {"q": query, "db": DATABASE, "epoch": "ns", "chunked": "true", "chunk_size": "5000"}
        with urllib.request.urlopen(f"{self.url}/query?{urllib.parse.urlencode(asked)}", timeout=120) as answer:
            for line in answer:
                if line.strip():
                    yield from json.loads(line)["results"]
