"""Which store a service uses: the ``[store]`` table of every settings file, checked before anything is opened.

::

    [store]
    duckdb = "readings.duckdb"          # embedded, one process; or
    influx = "http://127.0.0.1:8086"    # InfluxDB of any generation
    database = "meterproof"
    token_file = "influx.token"         # 2.x and 3.x; the file holds the token, which is never printed
    org = "-"                           # 2.x: the organisation's name
    user = "meterproof"                 # 1.x: together with password_file, or neither
    password_file = "influx.password"
    ca_file = "ca.pem"                  # who vouches for an https server; left out: the machine's own list
    timeout_s = 10
    gauge_days = 90                     # how long `meterproof store setup` lets gauges be kept; 0: for good

A secret comes from a file or, read by a composition root, from the environment; it is never a setting itself.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from meterproof_core.errors import SettingsError

TOKEN_VARIABLE = "METERPROOF_INFLUX_TOKEN"  # noqa: S105 the name of a variable
"""Environment variable that holds a token; read by composition roots and handed to `open_store`."""
_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LONGEST_TIMEOUT_S = 600.0


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which store a service uses.

    Parameters
    ----------
    duckdb : str or None
        File of the embedded store.
    influx : str or None
        Address of an InfluxDB; one of the two is given.
    database : str
        Database of 1.x; the base of bucket and database names of 2.x and 3.x.
    token_file, user, password_file : str or None
        Account: a token, or a user and the file with the password.
    org : str
        Organisation of a 2.x server.
    ca_file : str or None
        Certificates that vouch for an https server.
    timeout_s : float
        How long one request may take [s].
    gauge_days : int
        How long set-up lets gauges be kept [d]; 0 is for good.
    """

    duckdb: str | None = None
    influx: str | None = None
    database: str = "meterproof"
    token_file: str | None = None
    org: str = "-"
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    timeout_s: float = 10.0
    gauge_days: int = 90

    def beside(self, folder: Path) -> "StoreSettings":
        """Return the settings with relative paths counted from a folder."""
        paths = {
            name: str(folder / path)
            for name in ("duckdb", "token_file", "password_file", "ca_file")
            if (path := getattr(self, name)) is not None
        }
        return msgspec.structs.replace(self, **paths)


def check_store_settings(settings: StoreSettings) -> None:
    """Check that settings of a store make sense; nothing is opened.

    Raises
    ------
    SettingsError
        Naming the key, its value and what is accepted.
    """
    for complaint in _complaints(settings):
        raise SettingsError(f"store: {complaint}")


def load_store_settings(path: Path) -> StoreSettings:
    """Return the checked ``[store]`` table of a TOML file; relative paths count from the file.

    Raises
    ------
    SettingsError
        When the file cannot be read, has no such table, or the table makes no sense.
    """
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    if "store" not in tables:
        raise SettingsError(f"{path}: there is no [store] table; give one with duckdb or influx")
    try:
        settings = msgspec.convert(tables["store"], StoreSettings).beside(path.parent)
        check_store_settings(settings)
    except (msgspec.ValidationError, SettingsError) as error:
        raise SettingsError(f"{path}: {error}") from None
    return settings


def _complaints(settings: StoreSettings) -> Iterator[str]:
    if (settings.duckdb is None) == (settings.influx is None):
        given = "both duckdb and influx are given" if settings.duckdb else "neither duckdb nor influx is given"
        yield f"{given}; give one of them"
    if settings.influx is not None:
        yield from _address_complaints(settings.influx)
    if _DATABASE.fullmatch(settings.database) is None:
        yield f"database {settings.database!r} is not accepted; use 1 to 64 of a-z, A-Z, 0-9, '_' and '-'"
    if (settings.user is None) != (settings.password_file is None):
        has, lacks = ("user", "password_file") if settings.user else ("password_file", "user")
        yield f"{has} {getattr(settings, has)!r} without {lacks}; give both or neither"
    if not 0 < settings.timeout_s <= _LONGEST_TIMEOUT_S:
        yield f"timeout_s {settings.timeout_s} is not accepted; use above 0 to {_LONGEST_TIMEOUT_S:.0f} [s]"
    if settings.gauge_days < 0:
        yield f"gauge_days {settings.gauge_days} is negative; use 1 or more [d], or 0 to keep gauges for good"


def _address_complaints(url: str) -> Iterator[str]:
    accepted = "use http://host:port or https://host:port"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        yield f"influx {url!r} is not an address ({error}); {accepted}"
        return
    if "@" in parts.netloc:
        yield f"influx names an account in the address of {parts.hostname}; use user and password_file or token_file"
    elif parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        yield f"influx {url!r} is not an address; {accepted}"
