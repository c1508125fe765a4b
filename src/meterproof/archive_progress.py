"""The progress bar of long work on a store; on stderr, so that stdout holds the result alone."""

from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    """A bar over rows of readings; a context manager.

    Parameters
    ----------
    what : str
        The work.
    quiet : bool
        Whether to show nothing.
    """

    def __init__(self, what: str, *, quiet: bool) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,} of {task.total:,} rows  {task.fields[mib]:,.1f} MiB"),
            TimeElapsedColumn(),
            console=Console(stderr=True, quiet=quiet),
            disable=quiet,
        )
        self._task = self._bar.add_task(what, total=0, mib=0.0)
        self._bytes = 0

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def expect(self, rows: int) -> None:
        """Say how many rows will go by."""
        self._bar.update(self._task, total=rows)

    def tick(self, rows: int) -> None:
        """Show that rows went by."""
        self._bar.advance(self._task, rows)

    def bytes_of(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield chunks and show how much they are."""
        for chunk in chunks:
            self._bytes += len(chunk)
            self._bar.update(self._task, mib=self._bytes / 2**20)
            yield chunk
