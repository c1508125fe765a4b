"""Units for panels whose quantity the reader chooses: every quantity of the catalogue keeps its own unit."""

from collections import defaultdict

from meterproof_core.quantities import QUANTITIES, Kind
from meterproof_dashboards.panels import Override
from meterproof_dashboards.units import COUNT, grafana_unit


def units_by_name(kind: Kind) -> tuple[Override, ...]:
    """Return the unit of every quantity of a kind, for series whose name begins with the quantity's."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, quantity in QUANTITIES.items():
        if quantity.kind is kind and grafana_unit(quantity.unit) != COUNT:
            names[grafana_unit(quantity.unit)].append(name)
    return tuple(Override(f"^({'|'.join(names[unit])})( |$)", unit) for unit in sorted(names))
