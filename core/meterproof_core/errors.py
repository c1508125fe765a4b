"""The errors that rooms share; each says what is wrong, in which thing, with which value, and what is accepted.

::

    MeterproofError
    ├── SettingsError     a setting, a file of ours or a register map cannot be used
    ├── DataError         data from outside (a file, a series) cannot be used
    ├── WireError         a message breaks the wire format
    └── StoreError        a store refuses or cannot be reached
        └── StoreBusyError    another process holds the embedded store
"""


class MeterproofError(Exception):
    """Root of the errors that meterproof raises on purpose; its text is meant for the user."""


class SettingsError(MeterproofError):
    """A setting, a settings file or a register map cannot be used."""


class DataError(MeterproofError):
    """Data from outside, such as a recorded series, cannot be used."""


class WireError(MeterproofError):
    """A message breaks the wire format."""


class StoreError(MeterproofError):
    """A store refuses a call or cannot be reached."""


class StoreBusyError(StoreError):
    """Another process holds the embedded store."""
