"""A chaos run from the first round to the verdict."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chaos.answers import read_answers
from chaos.harm import Harm, Scene, faults, point_of
from chaos.held import Held, held_by_duckdb, held_by_influxdb
from chaos.malformed import Letter, malformed
from chaos.papers import as_kept, dead_letters, judge_dead_letters, judge_processes, judge_streams, lost_ranges
from chaos.plant import CELL_MS
from chaos.service import Service
from chaos.site import Point
from chaos.spool_file import read_spool
from chaos.stranger import Stranger
from chaos.sums import judge_sums
from chaos.verdict import IN_MEMORY_NS, Case, LifeEnd, Tally, judge_readings
from chaos.world import World

_MORE_ROUNDS = 30
"""After the rounds that were asked for, so many more are played until every named point was hit."""
_QUIET_CELLS = 2.5
_MOST_ACCIDENTS = 12
_TRIES = 8
"""How often malformed payloads that a broker discarded are published again."""


@dataclass(slots=True)
class Campaign:
    """A run of rounds against a world.

    Parameters
    ----------
    world : World
        What is hurt.
    seed : int
        Chooses the faults and all that is random about them; what the machine's load changes is not repeated.
    malformed : int
        How many malformed payloads are published over all rounds.
    say : callable
        Takes each line for people.
    """

    world: World
    seed: int
    malformed: int
    say: Callable[[str], None]
    chance: random.Random = field(init=False)
    reached: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def run(self, rounds: int, only: str = "") -> Tally:
        """Play the rounds, bring the world to rest, and return the verdict."""
        world = self.world
        world.start()
        stranger = Stranger(world.parts.ports["broker"], tuple(gateway.plan.gateway for gateway in world.gateways))
        try:
            self._quiet()
            self._rounds(rounds, stranger, only)
            self._quiet()
            held = self._at_rest(stranger)
        finally:
            stranger.close()
            world.close()
        self._judge(held, list(stranger.sent))
        return self.tally

    # ------------------------------------------------------------ rounds

    def _rounds(self, rounds: int, stranger: Stranger, only: str) -> None:
        known = {name: harm for name, harm in faults(self.world).items() if only in name}
        letters = malformed(self.seed)
        deck = self._deck(known)
        for number in itertools.count(1):
            unhit = [name for name in known if (point := point_of(name)) and not self.reached[point]]
            if number > rounds and (not unhit or number > rounds + _MORE_ROUNDS):
                break
            if len(self.world.accidents) > _MOST_ACCIDENTS:
                self.say("too much goes wrong; no further rounds")
                break
            name = next(deck) if number <= rounds else self.chance.choice(unhit)
            flood = itertools.islice(letters, self.malformed // rounds if number <= rounds else 0)
            self._round(number, (name, known[name]), stranger, list(flood))

    def _deck(self, known: dict[str, Harm]) -> Iterator[str]:
        """Yield every fault in a random order, again and again."""
        while True:
            names = sorted(known)
            self.chance.shuffle(names)
            yield from names

    def _round(self, number: int, fault: tuple[str, Harm], stranger: Stranger, flood: list[Letter]) -> None:
        name, harm = fault
        begun = time.monotonic()
        half = len(flood) // 2
        stranger.publish(flood[:half])
        scene = Scene(self.world, stranger, random.Random(self.chance.getrandbits(64)))
        came = harm(scene)
        self.world.look()
        self.world.heal(scene.chance)
        stranger.publish(flood[half:])
        self._count_hits()
        self.say(f"round {number:3d}  {time.monotonic() - begun:5.1f} s  {name}: {came}")

    def _count_hits(self) -> None:
        hits: Counter[str] = Counter()
        for service in self.world.ours:
            if service.fault_log.exists():
                hits.update(service.fault_log.read_text().split())
        self.reached = hits

    # ------------------------------------------------------------ rest

    def _quiet(self) -> None:
        time.sleep(self.world.clocks.fast.real_s(round(_QUIET_CELLS * CELL_MS)))

    def _at_rest(self, stranger: Stranger) -> Held:
        """Stop polling, empty the spools, end the collectors, and return what the store holds."""
        world = self.world
        world.look()
        for gateway in world.gateways:
            gateway.service.stop()
        world.meters.stop()
        self._drain()
        for _ in range(_TRIES):
            for service in world.collecting:
                service.stop()
            held = self._held()
            kept = dead_letters(held).keys()
            missing = [letter for letter in stranger.sent if as_kept(letter) not in kept]
            if not missing:
                break
            self.say(f"{len(missing)} malformed payloads were discarded by the broker; published again")
            world.heal_collectors()
            for at in range(0, len(missing), 500):
                stranger.publish(missing[at : at + 500])
                time.sleep(0.3)  # lets a broker of default queues hand them on
            self._drain()
        return held

    def _drain(self) -> None:
        drains = [self.world.drain(gateway) for gateway in self.world.all_gateways]
        for drain in drains:
            drain.start()
        for drain in drains:
            drain.wait_dead(120.0)
            drain.kill()
        self.world.drains += drains

    def _held(self) -> Held:
        if self.world.database is None:
            return held_by_duckdb(self.world.parts.duckdb_file)
        return held_by_influxdb(self.world.asking)

    # ------------------------------------------------------------ verdict

    def _judge(self, held: Held, sent: list[Letter]) -> None:
        world, tally = self.world, self.tally
        answers, lost = read_answers(world.parts.answers_log), lost_ranges(held)
        points = [(point, gateway.plan.gateway) for gateway in world.all_gateways for point in gateway.plan.points]
        for point, gateway in points:
            case = Case(
                point,
                world.clocks.meter(point),
                world.clocks.of(is_live=point.is_live).speed,
                answers=answers[point.unit],
                ends=self._ends(gateway, point),
                lost=lost.get((point.plant, point.point), ()),
            )
            judge_readings(case, held.readings[point.plant, point.point], tally)
            judge_sums(case, held, tally)
        places = {(point.plant, point.point) for point, _ in points}
        tally.complain("store", "points are nobody's", sorted(held.readings.keys() - places))
        self._judge_papers(held, sent)

    def _judge_papers(self, held: Held, sent: list[Letter]) -> None:
        world, tally = self.world, self.tally
        states = [state for gateway in world.all_gateways if (state := read_spool(gateway.spool))]
        judge_streams(held, {state.stream: state.newest_seq for state in states}, tally)
        tally.counts["left in spools"] = sum(state.batches for state in states)
        if tally.counts["left in spools"]:
            tally.wrong.append(f"{tally.counts['left in spools']} batches are left in the spools")
        judge_dead_letters(held, sent, tally)
        services: list[Service] = [*world.ours, world.small.service, world.meters, *world.drains]
        judge_processes(services, tally)
        tally.wrong += world.accidents

    def _ends(self, gateway: str, point: Point) -> list[LifeEnd]:
        return [
            LifeEnd(death.at_ns, death.cursors.get(point.point, 0), IN_MEMORY_NS + death.full_for_ns)
            for death in self.world.deaths
            if death.gateway == gateway
        ]
