"""A real InfluxDB 1.x as a process of the harness, and what it says when it is asked without any code of ours."""

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chaos.service import START_S, Service

DATABASE = "meterproof"
_SET_UP = (
    f'CREATE DATABASE "{DATABASE}" WITH DURATION INF NAME "counters"',
    f'CREATE RETENTION POLICY "gauges" ON "{DATABASE}" DURATION 90d REPLICATION 1',
)


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
        self._url = f"http://127.0.0.1:{port}"

    def wait(self, timeout_s: float = START_S) -> None:
        """Wait until it answers."""
        until = time.monotonic() + timeout_s
        while True:
            try:
                with urllib.request.urlopen(f"{self._url}/ping", timeout=1):
                    return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def set_up(self) -> None:
        """Make the database and its retention policies."""
        for statement in _SET_UP:
            for result in self._answers(statement, post=True):
                assert "error" not in result, result

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query, with the tags of its series; times in ms."""
        for result in self._answers(query):
            assert "error" not in result, (query, result)
            for series in result.get("series", ()):
                tags = series.get("tags", {})
                for values in series["values"]:
                    yield {**dict(zip(series["columns"], values, strict=True)), **tags}

    def _answers(self, query: str, *, post: bool = False) -> Iterator[dict[str, Any]]:
        asked = {"q": query, "db": DATABASE, "epoch": "ns", "chunked": "true", "chunk_size": "5000"}
        body = urllib.parse.urlencode(asked).encode()
        request = urllib.request.Request(f"{self._url}/query", data=body if post else None)
        if not post:
            request.full_url = f"{self._url}/query?{body.decode()}"
        with urllib.request.urlopen(request, timeout=120) as answer:
            for line in answer:
                if line.strip():
                    yield from json.loads(line)["results"]


def in_list(names: Sequence[str]) -> str:
    """Return tag values as a regular expression that InfluxQL matches whole."""
    return "/^(" + "|".join(names) + ")$/"
