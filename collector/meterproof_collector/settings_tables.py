"""The tables of the collector's settings file, with their defaults."""

import msgspec


class BrokerTable(msgspec.Struct, frozen=True):
    """How the broker is reached; `load_settings` makes its files' paths whole.

    Parameters
    ----------
    url : str
        ``mqtt://host:port`` or ``mqtts://host:port``.
    user, password_file : str or None
        The account; the file holds the password.
    ca_file, cert_file, key_file : str or None
        For TLS: whom to trust, and our own certificate and key.
    share_group : str or None
        Collectors of one group share the messages among them.
    keepalive_s : int
        A peer that vanished is noticed within one and a half times this [s].
    """

    url: str
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    share_group: str | None = None
    keepalive_s: int = 30


class LimitsTable(msgspec.Struct, frozen=True):
    """How much is taken at a time, and how long is waited.

    Parameters
    ----------
    queue_messages, queue_bytes : int
        Held in memory at most, not answered yet [1, byte].
    lot_messages, lot_values, lot_wait_ms : int
        Stored together at most, and how long a lot waits for more [1, 1, ms].
    retry_s, retry_max_s : float
        Pause after the first failed write, doubled up to the longest; the longest while the store turns us away [s].
    stop_s : float
        How long a stop may take to store what was taken [s].
    """

    queue_messages: int = 10_000
    queue_bytes: int = 64 * 1024 * 1024
    lot_messages: int = 2000
    lot_values: int = 200_000
    lot_wait_ms: int = 20
    retry_s: float = 1.0
    retry_max_s: float = 30.0
    stop_s: float = 20.0


class LedgerTable(msgspec.Struct, frozen=True):
    """Whether this collector keeps the ledger, and of which part of the plants: part 1 of 4, say.

    Parameters
    ----------
    enabled : bool
        False leaves it to others.
    part, parts : int
        Which part of how many.
    others : bool or None
        Whether other collectors write to the same store; None takes them to be there with a share group or with parts.
    """

    enabled: bool = True
    part: int = 1
    parts: int = 1
    others: bool | None = None


class HealthTable(msgspec.Struct, frozen=True):
    """Whether and where the collector says how it is; port 0 takes a free one."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8643


class PlantsTable(msgspec.Struct, frozen=True):
    """Which plants are known; None takes every plant."""

    known: tuple[str, ...] | None = None
