"""Where a broker is, from ``mqtt://host:port`` or ``mqtts://host:port``, and who we are there."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from meterproof_core.errors import SettingsError

_FORM = "use mqtt://host:port, or mqtts://host:port for TLS"
_ACCOUNT = ", with the account in user and password_file of the settings"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}  # IANA: mqtt, secure-mqtt


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Host and TCP port of a broker, and whether it is reached over TLS."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return self.host in _LOOPBACK


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """Who we are at a broker.

    Parameters
    ----------
    user : str
        The account's name.
    password_file : Path or None
        The file that holds the password; never the password itself, which is read anew on each connect.
    """

    user: str
    password_file: Path | None = None

    def password(self) -> str | None:
        """Return the password; None when the account has none.

        Raises
        ------
        SettingsError
            When the file cannot be read or is empty.
        """
        if self.password_file is None:
            return None
        try:
            password = self.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"broker: password_file {self.password_file} cannot be read ({error})") from error
        if not password:
            raise SettingsError(f"broker: password_file {self.password_file} is empty; write the password into it")
        return password


def parse_broker(url: str) -> BrokerAddress:
    """Return what an address says; port 1883, or 8883 for TLS, when it names none.

    Raises
    ------
    SettingsError
        When it is none, or carries a user or a path that would be passed over in silence.
    """
    if "@" in url:
        where = url.rpartition("@")[2]  # never print what stands before it
        raise SettingsError(f"broker at {where}: user and password do not belong into the address; {_FORM}{_ACCOUNT}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(
            f"broker {url!r}: host or port cannot be read, a port is a number from 1 to 65535; {_FORM}"
        ) from None
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError(f"broker {url!r} is not a broker's address; {_FORM}")
    if port == 0:
        raise SettingsError(f"broker {url!r}: port 0 is nobody's; {_FORM}")
    return BrokerAddress(parts.hostname, port or default, parts.scheme == "mqtts")
