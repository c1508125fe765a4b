"""Makes the processes of a chaos run, each with its settings file, out of the folder and the ports of the run."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from mosquitto_server import DEFAULT_QUEUES, KEEPING, MosquittoServer, free_port

from chaos.influxd import influxd_service
from chaos.proxy import FaultProxy
from chaos.service import Service
from chaos.site import GATEWAYS, SMALL_GATEWAY, Clocks, GatewayPlan, collector_settings, gateway_settings

_CLIENT_TIMEOUT_S = 1.0
_TESTS = Path(__file__).parents[1]
_PORTS = ("broker", "meters", "influxd", "rpc")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the real servers are; without influxd the store is DuckDB."""

    mosquitto: str
    influxd: str | None


@dataclass(slots=True)
class Gateway:
    """A gateway agent and its spool."""

    plan: GatewayPlan
    service: Service
    spool: Path
    settings: Path


@dataclass(slots=True)
class Parts:
    """Makes processes.

    Parameters
    ----------
    folder : Path
        Of the run.
    programs : Programs
        The real servers.
    clocks : Clocks
        Of the run.
    """

    folder: Path
    programs: Programs
    clocks: Clocks
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in _PORTS})

    @property
    def logs(self) -> Path:
        """Where processes say what they have to say."""
        return self.folder / "logs"

    @property
    def answers_log(self) -> Path:
        """The meters' own record."""
        return self.folder / "answers.bin"

    @property
    def duckdb_file(self) -> Path:
        """Where the embedded store is."""
        return self.folder / "store" / "meterproof.duckdb"

    def python(self, name: str, module: str, *arguments: str) -> Service:
        """Return a process of a Python module."""
        path = os.pathsep.join(filter(None, [str(_TESTS), os.environ.get("PYTHONPATH", "")]))
        return Service(name, [sys.executable, "-m", module, *arguments], self.logs, "ready", {"PYTHONPATH": path})

    def meters(self) -> Service:
        """Return the simulated meters of all gateways."""
        units = {
            is_live: [str(unit) for plan in _PLANS if plan.is_live is is_live for unit in plan.units.values()]
            for is_live in (False, True)
        }
        clocks = (str(self.clocks.fast), str(self.clocks.live))
        where = (str(self.ports["meters"]), str(self.answers_log))
        return self.python("meters", "chaos.meters", *where, *clocks, *units[False], "--", *units[True])

    def brokers(self) -> dict[str, MosquittoServer]:
        """Return brokers of several settings on one port; one may run at a time."""
        return {
            kind: MosquittoServer(
                self.programs.mosquitto, self.folder / kind.replace(" ", "-"), lines, port=self.ports["broker"]
            )
            for kind, lines in {"default queues": DEFAULT_QUEUES, "keeping": KEEPING}.items()
        }

    def database(self) -> tuple[Service, FaultProxy] | tuple[None, None]:
        """Return the database and what stands before it; nothing when the store is embedded."""
        if self.programs.influxd is None:
            return None, None
        ports = (self.ports["influxd"], self.ports["rpc"])
        service = influxd_service(self.programs.influxd, self.folder / "store", self.logs, *ports)
        return service, FaultProxy(self.ports["influxd"], late_s=_CLIENT_TIMEOUT_S * 1.5)

    def collector(self, share: tuple[int, int], proxy: FaultProxy | None) -> Service:
        """Return a collector that keeps its part of the ledger, of how many."""
        name = f"collector-{share[0]}"
        store: dict[str, object] = {"duckdb": str(self.duckdb_file)}
        if proxy is not None:
            store = {"influx": f"http://127.0.0.1:{proxy.port}", "timeout_s": _CLIENT_TIMEOUT_S}
        ports = {"broker_port": self.ports["broker"], "health_port": free_port()}
        file = self.folder / f"{name}.toml"
        file.write_text(collector_settings(name, **ports, store=store, share=share))
        return self.python(name, "meterproof_collector", "run", str(file))

    def gateways(self) -> list[Gateway]:
        """Return the gateways that run all the time."""
        return [self._gateway(plan) for plan in GATEWAYS]

    def small_gateway(self) -> Gateway:
        """Return the gateway whose spool soon is full."""
        return self._gateway(SMALL_GATEWAY)

    def drain(self, name: str, gateway: Gateway) -> Service:
        """Return a process that polls nothing and ends once a gateway's spool is empty."""
        return self._agent(name, "drain", gateway.plan, gateway.settings)

    def _gateway(self, plan: GatewayPlan) -> Gateway:
        spool, file = self.folder / "spools" / f"{plan.gateway}.db", self.folder / f"{plan.gateway}.toml"
        ports = {"broker_port": self.ports["broker"], "meters_port": self.ports["meters"]}
        file.write_text(gateway_settings(plan, **ports, spool=spool))
        if plan.is_live:
            service = self.python(plan.gateway, "chaos.edge_command", "run", str(file))
            service.ready = "interrupt to stop"
        else:
            service = self._agent(plan.gateway, "run", plan, file)
        return Gateway(plan, service, spool, file)

    def _agent(self, name: str, command: str, plan: GatewayPlan, settings: Path) -> Service:
        small = ["small"] if plan.is_small else []
        return self.python(name, "chaos.gateway", command, str(settings), str(self.clocks.fast), *small)


_PLANS = (*GATEWAYS, SMALL_GATEWAY)
