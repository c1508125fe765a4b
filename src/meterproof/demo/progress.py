"""The progress bars of the time-lapse, one a plant; on stderr, so that stdout holds the result alone."""

from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from meterproof.demo.played import PlayedPlant

_SHOW_EVERY = 200
_BAR_WIDTH = 8  # everything fits on a line of 80 characters
_DAY_MS = 86_400_000


class Progress:
    """A bar a plant over the days that are played; a context manager.

    Parameters
    ----------
    quiet : bool
        Whether to show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(_BAR_WIDTH),
            TextColumn("{task.completed:.0f}/{task.total:.0f} days"),
            TextColumn("{task.fields[readings]:,} readings"),
            TimeElapsedColumn(),
            console=Console(stderr=True, quiet=quiet),
            transient=False,
            disable=quiet,
        )

    def __enter__(self) -> "Progress":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        """Say what is being done, above the bars."""
        self._bars.console.print(text)

    def bar(self, plant: PlayedPlant, days: int) -> Callable[[int, int], None]:
        """Add a plant's bar; return what moves it to the plant's time [ms] and the readings polled."""
        task = self._bars.add_task(plant.title, total=days, readings=0)
        zone, calls = plant.year_start.tzinfo, 0

        def at(now_ms: int, readings: int) -> None:
            nonlocal calls
            calls += 1
            done = (now_ms - plant.start_ms) // _DAY_MS
            if calls % _SHOW_EVERY and done < days:
                return
            local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
            self._bars.update(
                task, completed=max(done, 0), readings=readings, description=f"{plant.title}  {local:%Y-%m-%d}"
            )

        return at
