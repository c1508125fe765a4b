"""Waits for what nobody announces."""

import threading
import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], timeout_s: float = 20.0) -> bool:
    """Look at something time and again until it holds; return whether it came to that."""
    pause = threading.Event()
    end = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end:
            return False
        pause.wait(0.01)
    return True
