"""Waits for the user's Ctrl-C or the service manager's SIGTERM."""

import signal
import threading


def until_interrupted() -> None:
    """Return when SIGINT or SIGTERM has come."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    asked.wait()
