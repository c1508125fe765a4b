"""``openapi``: the description of the HTTP API, for machines."""

from meterproof_api.app import create_app
from meterproof_api.plants import PlantList
from meterproof_api.stores import Stores
from meterproof_core.command_line import print_json
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings


def openapi() -> None:
    """Print the OpenAPI description of the HTTP API as JSON.

    For example:

        meterproof-api openapi > openapi.json
    """
    app = create_app(Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal()), PlantList(()))
    print_json(app.openapi())
