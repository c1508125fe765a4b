"""Issues the statements of the demonstration's plants, as `meterproof statement build` does beside a running server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from meterproof_api.gathering import Books
from meterproof_api.issuing import issue
from meterproof_api.plants import PlantDirectory
from meterproof_api.statements.shelf import Shelf


@dataclass(frozen=True, slots=True)
class DemoStatement:
    """The current statement of a plant.

    Parameters
    ----------
    document : mapping
        Its ``statement.json``.
    bundle : Path
        Where its evidence lies.
    new : bool
        Whether this run issued it.
    """

    document: Mapping[str, Any]
    bundle: Path
    new: bool

    @property
    def plant_id(self) -> str:
        """Whose it is."""
        return str(self.document["plant"]["id"])

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able: the document, the plant by its id, and the main stream's figures where tables look."""
        document = self.document
        streams = document["streams"]
        main = streams[0]
        return {
            **document,
            "plant": self.plant_id,
            "name": document["plant"]["name"],
            "verified_kwh": sum(stream["verified"] for stream in streams if stream["unit"] == "kWh"),
            "claimed_co2e_t": self.claimed_co2e_t,
            "avoided": {"stream": main["id"], "unit": main["unit"], **_avoided(main)},
            "bundle": str(self.bundle),
            "new": self.new,
        }

    @property
    def claimed_co2e_t(self) -> float:
        """What may be claimed [t CO2e]; 0 without factors."""
        tonnes = self.document["tonnes"]
        return float(tonnes["verified_co2e_t"]) if tonnes else 0.0

    @property
    def findings(self) -> tuple[Mapping[str, Any], ...]:
        """The reasons: of the plant, then of the streams that its claim is about, or else of all."""
        streams = self.document["streams"]
        claimed = [stream for stream in streams if stream["linked_options"]] or streams
        return (*self.document["findings"], *(finding for stream in claimed for finding in stream["findings"]))


def issue_statements(
    books: Books, plants: PlantDirectory, folder: Path, *, issued_at: datetime
) -> tuple[DemoStatement, ...]:
    """Return the statement of each plant, issued now when its figures are not those of the last version.

    Parameters
    ----------
    books : Books
        What the statements follow from.
    plants : PlantDirectory
        Whose statements are issued.
    folder : Path
        Of the bundles.
    issued_at : datetime
        Now, with its zone.

    Raises
    ------
    MeterproofError
        When the data or the store cannot be used.
    """
    shelf = Shelf(folder)
    issued = [issue(plant, books, shelf, issued_at=issued_at) for plant in plants.plants()]
    return tuple(DemoStatement(one.statement.document, one.statement.path, one.new) for one in issued)


def _avoided(stream: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the savings of a stream come to; None where they could not be compared."""
    savings = stream["savings"] or {}
    return {name: savings.get(name) for name in ("avoided", "lower", "upper", "confidence", "naive_for_comparison")}
