"""Stands in for an InfluxDB 2.x or 3.x where none can be installed: it answers as the makers' documents say.

It shows that our requests are what those documents ask for, not that a server does what they promise; that is shown on
a real one when `METERPROOF_TEST_INFLUX_URL` names it.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ORG = {"id": "0123456789abcdef", "name": "works"}
TOKEN = "the-token"


class StandIn:
    """What a server holds, and what it was asked.

    Parameters
    ----------
    version : str
        As it says in its headers.
    """

    def __init__(self, version):
        self.version = version
        self.buckets = {}
        self.mappings = []
        self.databases = {}
        self.lines = {}
        self.asked = []
        self.fails = {}
        self.url = ""

    def answer(self, method, path, params, body):
        """Return status and JSON of an answer."""
        self.asked.append((method, path, params))
        if path in self.fails:
            return self.fails[path]
        found = {
            "/ping": lambda: (204, None),
            "/api/v2/orgs": lambda: (200, {"orgs": [ORG] if params.get("org") in (None, ORG["name"]) else []}),
            "/api/v2/buckets": lambda: self._bucket(method, params, body),
            "/api/v2/dbrps": lambda: self._mapping(method, body),
            "/api/v2/write": lambda: self._write(params, body),
            "/api/v3/configure/database": lambda: self._database(method, body),
            "/query": lambda: self._query(params, parse_qs(body.decode())["q"][0]),
        }.get(path)
        if found is None and path.startswith("/api/v2/buckets/"):
            (bucket,) = [each for each in self.buckets.values() if each["id"] == path.rsplit("/", 1)[1]]
            bucket |= json.loads(body)
            return 200, bucket
        return found() if found else (404, {"code": "not found", "message": "path not found"})

    def _bucket(self, method, params, body):
        if method == "POST":
            asked = json.loads(body)
            assert asked["orgID"] == ORG["id"]
            self.buckets[asked["name"]] = {"id": f"{len(self.buckets) + 1:016x}", **asked}
            return 201, self.buckets[asked["name"]]
        name = params["name"]
        if name not in self.buckets:
            return 404, {"code": "not found", "message": f'bucket "{name}" not found'}
        return 200, {"buckets": [self.buckets[name]]}

    def _mapping(self, method, body):
        if method == "POST":
            self.mappings.append({"id": f"{len(self.mappings):016x}", **json.loads(body)})
            return 201, self.mappings[-1]
        return 200, {"content": self.mappings}

    def _database(self, method, body):
        if method == "POST":
            asked = json.loads(body)
            self.databases[asked["db"]] = asked.get("retention_period")
            return 200, None
        return 200, [{"iox::database": name} for name in self.databases]

    def _write(self, params, body):
        if params["bucket"] not in {**self.buckets, **self.databases}:
            return 404, {"code": "not found", "message": f'bucket "{params["bucket"]}" not found'}
        self.lines.setdefault(params["bucket"], []).extend(body.decode().splitlines())
        return 204, None

    def _query(self, params, statement):
        rp = params.get("rp") or statement.split('FROM "')[1].split('"')[0]
        for line in self.lines.get(f"{params['db']}/{rp}", ()):
            measurement, field, time = line.split(" ")
            name, value = field.split("=")
            if f'"{measurement}"' in statement:
                series = {"columns": ["time", name], "values": [[int(time), int(value.rstrip("i"))]]}
                return 200, {"results": [{"statement_id": 0, "series": [series]}]}
        return 200, {"results": [{"statement_id": 0}]}


@contextmanager
def standing_in(version):
    """Run a stand-in on a free port of loopback; every request has to bring the token."""
    stand_in = StandIn(version)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            """Say nothing."""

        def respond(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            params = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if self.headers.get("Authorization") in (f"Token {TOKEN}", f"Bearer {TOKEN}"):
                status, told = stand_in.answer(self.command, parts.path, params, body)
            else:
                status, told = 401, {"code": "unauthorized", "message": "unauthorized access"}
            content = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("X-Influxdb-Version", stand_in.version)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = respond  # noqa: N815 the names that http.server calls

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
