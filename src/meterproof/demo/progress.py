"""The progress bar of the time-lapse; on stderr, so that stdout holds the result alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

_ZONE = ZoneInfo("Asia/Seoul")
_SHOW_EVERY = 200
_DAY_MS = 86_400_000


class Progress:
    """A bar over the days that are played; a context manager.

    Parameters
    ----------
    start_ms, end_ms : int
        What is played [ms since 1970-01-01 UTC].
    quiet : bool
        Whether to show nothing.
    """

    def __init__(self, start_ms: int, end_ms: int, *, quiet: bool) -> None:
        self._start_ms = start_ms
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("days  {task.fields[readings]:,} readings"),
            TimeElapsedColumn(),
            console=Console(stderr=True, quiet=quiet),
            transient=False,
            disable=quiet,
        )
        days = (end_ms - start_ms) // _DAY_MS
        self._task = self._bar.add_task("plant's time-lapse", total=days, readings=0)
        self._calls = 0

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def at(self, now_ms: int, readings: int) -> None:
        """Show the plant's time [ms since 1970-01-01 UTC] and how many readings were polled."""
        self._calls += 1
        done = (now_ms - self._start_ms) // _DAY_MS
        if self._calls % _SHOW_EVERY and done < (self._bar.tasks[0].total or 0):
            return
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(_ZONE)
        self._bar.update(self._task, completed=max(done, 0), readings=readings, description=f"{local:%Y-%m-%d}")
