"""Stores in memory that refuse, as real ones do: something among what they are given is bad, and they do not say what."""

from meterproof_core.errors import StoreRefusedError, StoreRetentionError
from meterproof_core.memory import MemoryReadings
from meterproof_core.quantities import Kind, quantity
from meterproof_core.storage import PlantGroup
from meterproof_core.wire import Group


def is_counter(name):
    return quantity(name).kind is Kind.COUNTER


def group(point, instants, *, quantities=("power_active_kw",), seq=1, stream="s1", plant="plant-a"):
    """Return samples of one point whose values are their instants."""
    raw = {name: list(instants) for name in quantities if is_counter(name)}
    values = [[float(at) for at in instants] for _ in quantities]
    return PlantGroup(
        plant, "gateway-1", stream, seq, "c1", Group(point, list(quantities), list(instants), values, raw)
    )


class PickyReadings(MemoryReadings):
    """Refuses any call that holds a bad row, and keeps gauges from an instant on only.

    Parameters
    ----------
    bad : callable
        Given point and instant, says whether the row is bad.
    gauges_since : int
        Instant before which gauges are too old.
    stores_the_rest : bool
        Whether a refused call leaves the good rows stored.
    old_first : bool
        Whether a call with both kinds is told to be too old.
    """

    def __init__(self, bad=lambda point, instant: False, *, gauges_since=0, stores_the_rest=False, old_first=False):
        super().__init__()
        self.bad, self.gauges_since, self.stores_the_rest = bad, gauges_since, stores_the_rest
        self.old_first = old_first
        self.calls = 0

    def write(self, groups):
        self.calls += 1
        bad = [(item.group.point, at) for item in groups for at in item.group.t if self.bad(item.group.point, at)]
        if bad and not self.stores_the_rest and not self.old_first:
            raise StoreRefusedError(f"{len(bad)} rows are bad")
        self._too_old = False
        for item in groups:
            self._keep(item)
        if bad and not (self.old_first and self._too_old):
            raise StoreRefusedError(f"{len(bad)} rows are bad")
        if self._too_old:
            raise StoreRetentionError("points beyond retention policy")

    def _keep(self, item):
        for row, at in enumerate(item.group.t):
            if self.bad(item.group.point, at):
                continue
            names = item.group.quantities
            kept = [name for name in names if at >= self.gauges_since or is_counter(name)]
            self._too_old |= len(kept) < len(names)
            if kept:
                values = [[item.group.values[names.index(name)][row]] for name in kept]
                raw = {name: [item.group.raw[name][row]] for name in kept if name in item.group.raw}
                part = Group(item.group.point, kept, [at], values, raw)
                super().write([PlantGroup(item.plant, item.gateway, item.stream, item.seq, item.config, part)])

    def rows(self):
        """Return every (point, instant) that is held."""
        return {(point, at) for (_, point), rows in self._rows.items() for at in rows}
