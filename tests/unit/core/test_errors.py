"""Callers tell errors apart by their class."""

import meterproof_core
from meterproof_core.errors import (
    DataError,
    MeterproofError,
    SettingsError,
    StoreBusyError,
    StoreError,
    WireError,
)


def test_every_error_of_ours_can_be_caught_as_one():
    for error in (SettingsError, DataError, WireError, StoreError, StoreBusyError):
        assert issubclass(error, MeterproofError)
    assert issubclass(StoreBusyError, StoreError)
    assert not issubclass(WireError, StoreError)


def test_core_has_a_version():
    assert meterproof_core.__version__.count(".") == 2
