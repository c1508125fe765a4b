"""The errors that rooms share; each says what is wrong, in which thing, with which value, and what is accepted.

::

    MeterproofError
    ├── SettingsError     a setting, a file of ours or a register map cannot be used
    ├── DataError         data from outside (a file, a series) cannot be used
    ├── WireError         a message breaks the wire format
    └── StoreError        a store cannot be reached or fails: the same call may succeed later
        ├── StoreBusyError    another process holds the embedded store
        ├── StoreInDoubtError no answer came: what was asked may still be done, even later
        ├── StoreAccessError  the store turns us away: account, database, bucket or a limit; somebody has to act
        └── StoreRefusedError the store will never take these data; what lies beside them should come again without them
            └── StoreRetentionError  they are older than what the store keeps
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
    """A store cannot be reached or fails; nothing is known to be stored, and the same call may succeed later."""


class StoreBusyError(StoreError):
    """Another process holds the embedded store."""


class StoreInDoubtError(StoreError):
    """No answer came to a write: it may be done, not be done, or be done later, also after the next call.

    Whoever writes one thing over another has to look again some time later at what stands there.
    """


class StoreAccessError(StoreError):
    """The store turns us away: the account, the database or the bucket is not what it accepts, or a limit is reached.

    Part of a write may be stored; none of it is to blame.
    """


class StoreRefusedError(StoreError):
    """The store will never take something among these data; parts of them may be taken alone."""


class StoreRetentionError(StoreRefusedError):
    """Something among these data is older than what the store keeps; the rest of them is stored."""
