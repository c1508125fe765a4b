"""A clock for tests that let time pass themselves."""


class Ticker:
    """A monotonic clock that stands still until it is moved [s]."""

    now = 0.0

    def __call__(self) -> float:
        return self.now
