"""What every test may ask for."""

import os
import shutil

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


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
