"""A demonstration that is interrupted in full flight ends at once, says so, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from meterproof.broker.embedded import free_port

TIMEOUT_S = 30


def readings_come(port):
    """Wait until the year is being played; the server's own answers pace the loop."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if json.load(answer)["collector"]["rows"] > 1000:
                    return
        except urllib.error.URLError:
            continue
    pytest.fail("no reading came")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("again", range(2))  # the answer of a meter may come in the same turn as the interrupt
def test_an_interrupted_demonstration_ends_and_cleans_up(number, again, tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "meterproof", "demo", "--once", "--port", str(port)],
        env=dict(os.environ, TMPDIR=str(tmp_path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        readings_come(port)
        process.send_signal(number)
        output, errors = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
    assert (process.returncode, output) == (130, ""), errors
    assert errors.rstrip().endswith("stopped")
    assert "Traceback" not in errors
    assert list(tmp_path.glob("meterproof-demo-*")) == []
