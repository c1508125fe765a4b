"""The faults of a chaos run: each does its harm to the world and says what came of it; healing is the round's."""

import itertools
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from chaos.malformed import malformed
from chaos.proxy import Weather
from chaos.service import Service
from chaos.stranger import Stranger
from chaos.world import World
from meterproof_core.faults import FAULT_POINTS

HIT_S = 15.0
"""Longest wait for an armed point to be hit [s]."""
_FLOOD_OF_QUEUES = 3000
_OUTAGE_S = 12.0
"""Fills a spool of 64 KiB with gauges in 3 s, and with counters in 5 s more [s]."""
ROAD_POINTS = tuple(point for point in FAULT_POINTS if not point.startswith("import."))
"""The points on the road from meter to interval; no service ever imports a file."""
_REACHES = {"ledger.mid_replace": 30, "store.mid_commit": 12, "collector.written_before_receipt": 6}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fault has to work with."""

    world: World
    stranger: Stranger
    chance: random.Random

    def pause(self, least_s: float = 0.3, most_s: float = 1.5) -> None:
        """Let the world go on for a while."""
        time.sleep(self.chance.uniform(least_s, most_s))


Harm = Callable[[Scene], str]


def faults(world: World) -> dict[str, Harm]:
    """Return the faults that a world can suffer, by name; those at named points first."""
    found: dict[str, Harm] = {f"point {point}": _at_point(point) for point in ROAD_POINTS}
    found |= {
        "kill a gateway": lambda scene: _kill(scene, [scene.chance.choice(scene.world.gateways).service]),
        "kill all gateways": lambda scene: _kill(scene, [gateway.service for gateway in scene.world.gateways]),
        "kill a collector": lambda scene: _kill(scene, [scene.chance.choice(scene.world.collecting)]),
        "kill the broker, default queues": lambda scene: _kill_broker(scene, "default queues", wiped=True),
        "kill the broker, keeping": lambda scene: _kill_broker(scene, "keeping", wiped=False),
        "kill the broker, kept files wiped": lambda scene: _kill_broker(scene, "keeping", wiped=True),
        "kill everything": _kill_everything,
        "kill again and again": _kill_again,
        "collector hangs, queues overflow": _overflow,
        "gateway hangs": lambda scene: _hang(scene, scene.chance.choice(scene.world.gateways).service),
        "duplicates in other order": _replay,
        "outage longer than a spool": _outage,
    }
    if world.collectors > 1:
        found["kill every collector"] = lambda scene: _kill(scene, scene.world.collecting)
    if world.database is not None:
        found["kill the database"] = _kill_database
        found |= {f"database: {weather}": _in_weather(weather) for weather in Weather if weather is not Weather.FAIR}
        found["database refuses a poisoned batch"] = _poison
    for name in world.disks:
        if world.disks[name].is_small:
            found[f"disk of {name} full"] = _full_disk(name)
    return found


def point_of(fault: str) -> str | None:
    """Return the named point that a fault is armed at; None for the others."""
    return fault.removeprefix("point ") if fault.startswith("point ") else None


def _at_point(point: str) -> Harm:
    def harm(scene: Scene) -> str:
        world, chance = scene.world, scene.chance
        here = [gateway.service for gateway in world.gateways] if FAULT_POINTS[point].startswith("edge") else None
        service = chance.choice(here or world.collecting)
        reach = chance.randint(1, _REACHES.get(point, 3))
        before = service.hits()
        world.kill(service)
        service.start(fault=f"{point}:{reach}")
        if service.wait_dead(HIT_S) and service.hits() > before:
            world.bury(service)
            return f"{service.name} died at reach {reach}"
        if service.is_alive:
            world.kill(service)
        return f"{service.name} was NOT HIT at reach {reach}"

    return harm


def _kill(scene: Scene, services: list[Service]) -> str:
    scene.pause()
    for service in services:
        scene.world.kill(service)
    scene.pause()
    return ", ".join(service.name for service in services)


def _kill_broker(scene: Scene, kind: str, *, wiped: bool) -> str:
    scene.pause()
    scene.world.broker.kill()
    scene.world.change_broker(kind, wiped=wiped)
    scene.pause()
    return "mosquitto"


def _kill_database(scene: Scene) -> str:
    assert scene.world.database is not None
    scene.pause()
    scene.world.database.kill()
    scene.pause(0.5, 2.5)
    return "influxd"


def _kill_everything(scene: Scene) -> str:
    scene.pause()
    victims: list[Callable[[], None]] = [lambda one=one: scene.world.kill(one) for one in scene.world.ours]
    victims.append(scene.world.broker.kill)
    if scene.world.database is not None:
        victims.append(scene.world.database.kill)
    scene.chance.shuffle(victims)
    for kill in victims:
        kill()
    scene.world.change_broker(scene.chance.choice(list(scene.world.brokers)), wiped=scene.chance.random() < 0.5)
    return f"{len(victims)} processes"


def _kill_again(scene: Scene) -> str:
    """Kill processes while they start."""
    for _ in range(4):
        service = scene.chance.choice(scene.world.ours)
        scene.world.kill(service)
        service.start()
        scene.pause(0.05, 1.0)
        scene.world.kill(service)
        service.start()
    return "8 times"


def _hang(scene: Scene, service: Service) -> str:
    """Stop a process for a while without ending it: half-open links and time-outs."""
    assert service.process is not None
    os.kill(service.process.pid, signal.SIGSTOP)
    scene.pause(1.0, 3.0)
    os.kill(service.process.pid, signal.SIGCONT)
    return service.name


def _overflow(scene: Scene) -> str:
    """Let collectors hang while a broker of default queues is flooded: it acknowledges and discards."""
    world = scene.world
    world.broker.kill()
    world.change_broker("default queues", wiped=True)
    world.heal(scene.chance)
    scene.pause(1.0, 1.5)
    hanging = [one.process.pid for one in world.collecting if one.process is not None]
    for pid in hanging:
        os.kill(pid, signal.SIGSTOP)
    flood = itertools.islice(malformed(scene.chance.getrandbits(32)), _FLOOD_OF_QUEUES)
    count = scene.stranger.publish(flood)
    scene.pause(1.0, 1.5)
    for pid in hanging:
        os.kill(pid, signal.SIGCONT)
    dropped = world.broker.log().count("messages are being dropped")
    return f"{len(hanging)} hung, {count} messages, broker said {dropped} times that it drops"


def _outage(scene: Scene) -> str:
    """Keep the broker away until a small spool gave up gauges first, and then readings."""
    world = scene.world
    small = world.small.service
    small.start()
    if not small.wait_ready():
        return f"{small.name} did not start"
    scene.pause(1.0, 2.0)
    world.broker.kill()
    scene.pause(_OUTAGE_S, _OUTAGE_S + 2.0)
    world.heal(scene.chance)
    scene.pause(1.0, 2.0)
    small.stop()
    return f"{small.name} had no broker for {_OUTAGE_S:.0f} s"


def _replay(scene: Scene) -> str:
    count = scene.stranger.replay(scene.chance, 3)
    scene.pause()
    return f"{count} messages"


def _in_weather(weather: Weather) -> Harm:
    def harm(scene: Scene) -> str:
        proxy = scene.world.proxy
        assert proxy is not None
        before = proxy.seen[weather]
        scene.pause()
        proxy.weather = weather
        if scene.chance.random() < 0.3:
            scene.world.kill(scene.chance.choice(scene.world.collecting))
            scene.world.start_ours()
        scene.pause(1.5, 4.0)
        proxy.weather = Weather.FAIR
        return f"{proxy.seen[weather] - before} requests"

    return harm


def _poison(scene: Scene) -> str:
    return f"{scene.stranger.publish(scene.world.poisoned(scene.chance))} batches"


def _full_disk(name: str) -> Harm:
    def harm(scene: Scene) -> str:
        scene.pause()
        scene.world.fill_disk(name)
        scene.pause(2.0, 4.0)
        if scene.chance.random() < 0.3:
            scene.world.kill(scene.chance.choice(scene.world.ours))
        scene.world.free_disks()
        if name == "store" and scene.world.database is not None:
            scene.world.database.kill()  # until then it refuses, or takes and forgets
        return f"{name}: no room for a while"

    return harm
