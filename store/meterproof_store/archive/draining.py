"""What a zip file is written into when it travels while it is made: it keeps the bytes only until they are taken."""


class Drain:
    """A sink that zipfile writes to and that somebody empties."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep bytes."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: bytes go when they are taken."""

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def take(self) -> bytes:
        """Return what has come since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
