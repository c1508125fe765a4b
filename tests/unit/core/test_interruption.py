"""A service ends when its user or the service manager asks for it."""

import os
import signal
import threading

import pytest

from meterproof_core.interruption import until_interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_waiting_ends_with_ctrl_c_and_with_a_service_managers_stop(number):
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def ask():
        while any(signal.getsignal(each) is handler for each, handler in before.items()):
            pass  # until both are ours
        os.kill(os.getpid(), number)

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        until_interrupted()
        asker.join()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
