"""What every test may ask for."""

import os
import re
import shutil
import subprocess

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
_QUIET_BROWSER = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--virtual-time-budget=15000",
]


def _skip_or_fail(reason: str) -> None:
    """Skip aloud on a user's machine; on CI a missing part is a failure, because CI installs them all."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; CI has to install it")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def require_program():
    """Return a function that gives a program's path, or skips the test (on CI: fails it)."""

    def require(name: str, *, package: str | None = None) -> str:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if path is None:
            _skip_or_fail(f"{name} is not installed (Debian: apt install {package or name})")
        return str(path)

    return require


@pytest.fixture
def browse(require_program, tmp_path):
    """Return what gives a page's document after its scripts have run, and what its console said."""
    program = require_program("chromium")

    def look(address: str, *more: str) -> tuple[str, list[str]]:
        command = [program, *_QUIET_BROWSER, f"--user-data-dir={tmp_path / 'profile'}", *more, "--dump-dom", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout, re.findall(r"CONSOLE[^\n]*", done.stderr)

    return look


@pytest.fixture(scope="session")
def require_library():
    """Return a function that loads a shared library, or skips the test (on CI: fails it)."""
    import ctypes

    def require(soname: str, *, package: str) -> ctypes.CDLL:
        try:
            return ctypes.CDLL(soname, use_errno=True)
        except OSError:
            _skip_or_fail(f"{soname} is not installed (Debian: apt install {package})")
            raise

    return require
