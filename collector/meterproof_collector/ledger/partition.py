"""Which plants one ledger keeps, so that several can share the work without talking to each other."""

import hashlib
from dataclasses import dataclass

from meterproof_core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Partition:
    """Part `part` of `parts`.

    A plant belongs to the part that the first 8 bytes of the SHA-256 of its id, read as a big-endian whole number,
    give modulo `parts`, plus 1. That is the same on every machine and at any time, and takes nothing but the id.

    Parameters
    ----------
    part : int
        1 to `parts`.
    parts : int
        How many ledgers share the plants.

    Raises
    ------
    SettingsError
        When there is no such part.

    Examples
    --------
    >>> [[plant for plant in ("north-mill", "south-mill", "dye-works") if Partition(k, 2).holds(plant)] for k in (1, 2)]
    [['north-mill'], ['south-mill', 'dye-works']]
    """

    part: int = 1
    parts: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.part <= self.parts:
            raise SettingsError(f"ledger part {self.part} of {self.parts} is not accepted; use 1 to {self.parts}")

    @property
    def name(self) -> str:
        """Return what its marks are called in the journal, such as ``1/4``."""
        return f"{self.part}/{self.parts}"

    def holds(self, plant: str) -> bool:
        """Return whether a plant belongs to this part."""
        if self.parts == 1:
            return True
        digest = hashlib.sha256(plant.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.parts == self.part - 1
