"""What may be said of each plant at the end of the demonstration: the one place where statements are issued."""

from collections.abc import Mapping
from typing import Any

from meterproof.demo.outcome import ask
from meterproof.local_server import LocalServer
from meterproof_api.plants import PlantDirectory


def issue_statements(server: LocalServer, plants: PlantDirectory) -> tuple[Mapping[str, Any], ...]:
    """Return what the server says of the savings of each plant.

    Parameters
    ----------
    server : LocalServer
        What holds readings, intervals and records.
    plants : PlantDirectory
        Whose statements are issued.
    """
    return tuple(ask(f"{server.url}/api/v1/plants/{plant.id}/savings") for plant in plants.plants())
