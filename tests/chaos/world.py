"""The world of a chaos run: every process in one folder, each a real one, and the ways to hurt and to heal them."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mosquitto_server import MosquittoServer

from chaos.disks import Disk
from chaos.fast_clock import FastClock, clock_from_now
from chaos.influxd import DATABASE, Asking
from chaos.malformed import Letter
from chaos.parts import Gateway, Parts, Programs
from chaos.proxy import POISON, FaultProxy, Weather
from chaos.service import Service
from chaos.site import Clocks
from chaos.spool_file import read_spool
from meterproof_store.influx.setting_up import set_up
from meterproof_store.settings import StoreSettings

SPEED = 600
_LEAD_MS = 30 * 24 * 3_600_000
_SPOOL_RETRY_NS = 40_000_000_000
"""An agent whose spool's disk was full tries again within half a minute; until then readings wait in memory [ns]."""
_FOR_EVER_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class Death:
    """A gateway that was killed: what its spool had committed by then."""

    gateway: str
    at_ns: int
    cursors: dict[str, int]
    full_for_ns: int


@dataclass(slots=True)
class World:
    """All processes of a run.

    Parameters
    ----------
    folder : Path
        Holds everything.
    programs : Programs
        The real servers; without influxd the store is DuckDB.
    collectors : int
        How many; DuckDB takes one.
    """

    folder: Path
    programs: Programs
    collectors: int = 2
    clocks: Clocks = field(init=False)
    parts: Parts = field(init=False)
    meters: Service = field(init=False)
    brokers: dict[str, MosquittoServer] = field(init=False)
    broker: MosquittoServer = field(init=False)
    database: Service | None = None
    proxy: FaultProxy | None = None
    collecting: list[Service] = field(default_factory=list)
    gateways: list[Gateway] = field(default_factory=list)
    small: Gateway = field(init=False)
    drains: list[Service] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    accidents: list[str] = field(default_factory=list)
    disks: dict[str, Disk] = field(default_factory=dict)
    full_ns: tuple[int, int] = (0, 0)
    _poisoned: int = 0

    def __post_init__(self) -> None:
        live = FastClock(time.time_ns() // 1_000_000, time.monotonic_ns(), 1)
        self.clocks = Clocks(clock_from_now(SPEED, lead_ms=_LEAD_MS), live)
        self.parts = parts = Parts(self.folder, self.programs, self.clocks)
        parts.logs.mkdir(parents=True)
        self.disks = {name: Disk(self.folder / name, mib) for name, mib in (("store", 768), ("spools", 64))}
        self.meters = parts.meters()
        self.brokers = parts.brokers()
        self.broker = self.brokers["default queues"]
        self.database, self.proxy = parts.database()
        numbers = range(1, self.collectors + 1)
        self.collecting = [parts.collector((number, self.collectors), self.proxy) for number in numbers]
        self.gateways = parts.gateways()
        self.small = parts.small_gateway()

    # ------------------------------------------------------------ what there is

    @property
    def asking(self) -> Asking:
        """Plain questions to the database itself, past the proxy."""
        return Asking(self.parts.ports["influxd"])

    @property
    def ours(self) -> list[Service]:
        """The processes of this project's code."""
        return [*self.collecting, *(gateway.service for gateway in self.gateways)]

    @property
    def all_gateways(self) -> list[Gateway]:
        """The gateways that ran, the one with the small spool included."""
        return [gateway for gateway in (*self.gateways, self.small) if gateway.service.lives]

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Start everything, and return once it works."""
        self.meters.start()
        self.broker.start()
        if self.database is not None:
            self.database.start()
            self.asking.wait()
            set_up(StoreSettings(influx=self.asking.url, database=DATABASE))
        if not self.meters.wait_ready():
            raise RuntimeError(f"the simulated meters do not start: {self.meters.lives[-1].log.read_text()}")
        self.heal(random.Random(0))

    def heal(self, chance: random.Random) -> None:
        """Bring everything back that is down, in any order, and return once it works."""
        self.free_disks()
        if self.proxy is not None:
            self.proxy.weather = Weather.FAIR
        self.look()
        starts: list[Callable[[], None]] = [
            self._start_broker,
            self._start_database,
            *(lambda one=one: self._start(one) for one in self.ours),
        ]
        chance.shuffle(starts)
        for start in starts:
            start()
        if self.database is not None:
            self.asking.wait()
        self.heal_ours()

    def heal_ours(self) -> None:
        """Start those of our processes that are down, and return once they work."""
        self._heal(self.ours)

    def start_ours(self) -> None:
        """Start those of our processes that are down, and do not wait: they may have nobody to work with."""
        for service in self.ours:
            self._start(service)

    def heal_collectors(self) -> None:
        """Start the collectors again, and return once they work."""
        self._heal(self.collecting)

    def drain(self, gateway: Gateway) -> Service:
        """Return a process that polls nothing and ends once a gateway's spool is empty."""
        return self.parts.drain(f"drain-{len(self.drains)}-{gateway.plan.gateway}", gateway)

    def _heal(self, services: list[Service]) -> None:
        for service in services:
            self._start(service)
        for service in services:
            if not service.wait_ready():
                self.accidents.append(f"{service.name} is not ready; see {service.lives[-1].log}")

    def look(self) -> None:
        """Note who ended by itself since the last look."""
        for service in [self.meters, *([self.database] if self.database else []), *self.ours, self.small.service]:
            if service.process is not None and not service.is_alive and not service.lives[-1].by_us:
                life = service.lives[-1]
                self.accidents.append(f"{service.name} ended by itself with {life.ended}; see {life.log}")

    def close(self) -> None:
        """End whatever still runs, and give the disks back."""
        for service in [
            *self.ours,
            self.small.service,
            *self.drains,
            self.meters,
            *([self.database] if self.database else []),
        ]:
            service.kill()
        self.broker.kill()
        if self.proxy is not None:
            self.proxy.close()

    def release(self) -> None:
        """Give the disks back; what lies on them is gone."""
        for disk in self.disks.values():
            disk.close()

    # ------------------------------------------------------------ harm

    def kill(self, service: Service) -> None:
        """Kill one of our processes; of a gateway, note what its spool had committed."""
        service.kill()
        self.bury(service)

    def bury(self, service: Service) -> None:
        """Note what the spool of a killed gateway had committed."""
        for gateway in self.gateways:
            if gateway.service is service:
                at_ns = time.monotonic_ns()
                state = read_spool(gateway.spool)
                since_ns, freed_ns = self.full_ns
                full_for_ns = at_ns - since_ns if at_ns < freed_ns + _SPOOL_RETRY_NS else 0
                cursors = dict(state.cursors) if state else {}
                self.deaths.append(Death(gateway.plan.gateway, at_ns, cursors, full_for_ns))

    def change_broker(self, kind: str, *, wiped: bool) -> None:
        """Let a broker with other settings come in the place of the present one, which is dead; do not start it."""
        self.broker = self.brokers[kind]
        if wiped:
            self.broker.wipe()

    def fill_disk(self, name: str) -> None:
        """Leave no room on a disk."""
        if name == "spools":
            self.full_ns = (time.monotonic_ns(), _FOR_EVER_NS)
        self.disks[name].fill()

    def free_disks(self) -> None:
        """Give all disks their room back."""
        for disk in self.disks.values():
            disk.free()
        since_ns, freed_ns = self.full_ns
        self.full_ns = (since_ns, min(freed_ns, time.monotonic_ns()))

    def poisoned(self, chance: random.Random) -> list[Letter]:
        """Return well-formed batches of a point that the database will never take."""
        letters = []
        for _ in range(chance.randint(1, 6)):
            self._poisoned += 1
            t_ms = self.clocks.fast.now_ms()
            group = {"point": POISON.decode(), "quantities": ["temperature_c"], "t": [t_ms], "values": [[20.0]]}
            group |= {"raw": {}, "q": []}
            batch = {"v": 1, "stream": "poison", "seq": self._poisoned, "config": "0" * 32, "clock": "synced"}
            payload = json.dumps({**batch, "groups": [group]}, separators=(",", ":")).encode()  # as a gateway does
            letters.append(("meterproof/v1/chaos-dale/gateway-9/readings", payload))
        return letters

    def _start(self, service: Service) -> None:
        if not service.is_alive:
            service.start()

    def _start_broker(self) -> None:
        if self.broker._process is None:
            self.broker.start()
        elif self.broker._process.poll() is not None:
            self.accidents.append(f"mosquitto ended by itself with {self.broker._process.returncode}")
            self.broker.kill()
            self.broker.start()

    def _start_database(self) -> None:
        """Start the database twice, as its unit does: see `docs/chaos.md`, InfluxDB 1.6 and a torn log."""
        if self.database is not None and not self.database.is_alive:
            self.database.start()
            self.asking.wait()
            self.database.kill()
            self.database.start()
