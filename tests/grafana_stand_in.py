"""A stand-in for Grafana's HTTP API: no Grafana runs where these tests run.

It is a real HTTP server on loopback that answers as Grafana's API documentation says of the few calls that pushing
needs, and notes what it was asked. It proves what is sent and how answers are taken; it does not prove that a Grafana
likes the dashboards.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "glsa_stand_in"


class GrafanaStandIn:
    """What stands in it, and what it was asked.

    Parameters
    ----------
    version : str
        That it says it has; empty to keep it to itself, as an administrator may decide.
    """

    def __init__(self, version="11.6.0"):
        self.version = version
        self.data_sources, self.folders, self.dashboards = {}, {}, {}
        self.asked = []
        self.refusal = None  # (path, status, message): what it turns down
        self.url = ""

    @property
    def changes(self):
        """The requests that change something."""
        return [(method, path) for method, path in self.asked if method != "GET"]

    @contextmanager
    def serving(self, prefix=""):
        """Answer on a free port of loopback, below a path if one is given."""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_method(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                path = self.path.removeprefix(prefix)
                stand_in.asked.append((self.command, path))
                status, told = stand_in.answer(self.command, path, body, self.headers.get("Authorization"))
                payload = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PUT = handle_one_method  # noqa: N815 - names that the base class calls

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}{prefix}"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, method, path, body, authorization):
        if self.refusal and path.startswith(self.refusal[0]):
            return self.refusal[1], {"message": self.refusal[2]}
        if path == "/api/health":
            return 200, {"database": "ok"} | ({"version": self.version} if self.version else {})
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        kind, _, uid = path.removeprefix("/api/").partition("/")
        return getattr(self, f"_{kind}")(method, uid.removeprefix("uid/"), body)

    def _datasources(self, method, uid, body):
        if method == "POST":
            if body["uid"] in self.data_sources:
                return 409, {"message": "data source with the same name already exists"}
            self.data_sources[body["uid"]] = body
            return 200, {"id": 1, "name": body["name"], "message": "Datasource added", "datasource": body}
        if uid not in self.data_sources:
            return 404, {"message": "Data source not found"}
        if method == "PUT":
            self.data_sources[uid] = body
            return 200, {"id": 1, "name": body["name"], "message": "Datasource updated", "datasource": body}
        return 200, {"readOnly": False, **self.data_sources[uid]}

    def _folders(self, method, uid, body):
        if method == "POST":
            self.folders[body["uid"]] = body["title"]
        elif uid not in self.folders:
            return 404, {"message": "folder not found"}
        elif method == "PUT":
            self.folders[uid] = body["title"]
        uid = uid or body["uid"]
        return 200, {"id": 1, "uid": uid, "title": self.folders[uid], "version": 1}

    def _dashboards(self, method, uid, body):
        if method == "POST":
            board = body["dashboard"]
            version = self.dashboards.get(board["uid"], {"dashboard": {"version": 0}})["dashboard"]["version"] + 1
            saved = {**board, "id": len(self.dashboards) + 1, "version": version}
            self.dashboards[board["uid"]] = {"dashboard": saved, "meta": {"folderUid": body["folderUid"]}}
            return 200, {"id": saved["id"], "uid": board["uid"], "status": "success", "version": version}
        if uid not in self.dashboards:
            return 404, {"message": "Dashboard not found"}
        return 200, self.dashboards[uid]
