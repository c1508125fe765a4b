"""Say what many plants need: messages, values, bytes and series, from the shape of one plant.

``python tools/scale.py`` prints the tables of docs/scale.md; a test holds the two together. The bytes of a message are
those of a real one, encoded here.
"""

from dataclasses import dataclass

from meterproof_core.wire import VERSION, Batch, ClockState, Group, encode

GAUGES = (
    "power_active_kw", "power_reactive_kvar", "voltage_l1_v", "voltage_l2_v", "voltage_l3_v",
    "current_l1_a", "current_l2_a", "current_l3_a",
)  # fmt: skip
COUNTERS = ("energy_import_kwh", "reactive_energy_import_kvarh")
FIRST_MS = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class Fleet:
    """How much is metered, and how.

    Parameters
    ----------
    countries, plants, meters : int
        Plants a country, meters a plant; one gateway a plant.
    period_s : float
        Between two samples of a meter [s].
    batch_s : float
        How long a gateway gathers before it sends [s].
    """

    countries: int = 47
    plants: int = 1000
    meters: int = 20
    period_s: float = 10.0
    batch_s: float = 1.0

    @property
    def gateways(self) -> int:
        """One a plant."""
        return self.countries * self.plants

    @property
    def points(self) -> int:
        """Metering points."""
        return self.gateways * self.meters

    @property
    def samples_per_s(self) -> float:
        """Samples of all points [1/s]."""
        return self.points / self.period_s

    @property
    def values_per_s(self) -> float:
        """Values of all points [1/s]."""
        return self.samples_per_s * len(GAUGES + COUNTERS)

    @property
    def messages_per_s(self) -> float:
        """Messages of all gateways [1/s]."""
        return self.gateways / self.batch_s

    @property
    def samples_per_message(self) -> int:
        """Samples in one message."""
        return round(self.meters * self.batch_s / self.period_s)

    @property
    def message_bytes(self) -> int:
        """Bytes of such a message, encoded."""
        return len(encode(_batch(self.samples_per_message)))


def _batch(samples: int) -> Batch:
    names = [*COUNTERS, *GAUGES]
    groups = [
        Group(
            point=f"meter-{number:02}",
            quantities=names,
            t=[FIRST_MS + number],
            values=[[123456.78 if name in COUNTERS else 231.5] for name in names],
            raw={name: [123_456_780] for name in COUNTERS},
        )
        for number in range(samples)
    ]
    return Batch(VERSION, "f" * 32, 1_000_000, "c" * 32, ClockState.SYNCED, groups)


def rows(fleet: Fleet) -> list[tuple[str, str]]:
    """Return what a fleet needs, as a table of texts."""
    bytes_per_s = fleet.messages_per_s * fleet.message_bytes
    return [
        ("gateways (one a plant)", f"{fleet.gateways:,}"),
        ("metering points", f"{fleet.points:,}"),
        ("samples a second", f"{fleet.samples_per_s:,.0f}"),
        ("values a second", f"{fleet.values_per_s:,.0f}"),
        ("samples in a message", f"{fleet.samples_per_message}"),
        ("bytes of a message", f"{fleet.message_bytes:,}"),
        ("messages a second", f"{fleet.messages_per_s:,.0f}"),
        ("MB a second into the broker", f"{bytes_per_s / 1e6:,.1f}"),
        ("values a day", f"{fleet.values_per_s * 86_400 / 1e9:,.1f} thousand million"),
        ("series of readings (gauges and counters apart)", f"{2 * fleet.points:,}"),
        ("series of intervals", f"{len(COUNTERS) * fleet.points:,}"),
        ("intervals a day", f"{len(COUNTERS) * fleet.points * 96:,}"),
    ]


def table() -> str:
    """Return the table of docs/scale.md: gathered for one second, and for ten."""
    live, calm = rows(Fleet()), rows(Fleet(batch_s=10.0))
    lines = ["| | sent every second | sent every 10 s |", "|---|---:|---:|"]
    lines += [f"| {name} | {one} | {ten} |" for (name, one), (_, ten) in zip(live, calm, strict=True)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
