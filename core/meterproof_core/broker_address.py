"""Where a broker is, from ``mqtt://host:port``: one reading of it for whoever connects."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from meterproof_core.errors import SettingsError

_FORM = "use mqtt://host:port"
_ACCOUNT = ", with the account in username and password_file of a gateway's settings"
_DEFAULT_PORT = 1883  # IANA: mqtt


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Host and TCP port of a broker."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_broker(url: str) -> BrokerAddress:
    """Return what an address says; port 1883 when it names none.

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
    if parts.scheme != "mqtt" or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError(f"broker {url!r} is not a broker's address; {_FORM}")
    if port == 0:
        raise SettingsError(f"broker {url!r}: port 0 is nobody's; {_FORM}")
    return BrokerAddress(parts.hostname, port or _DEFAULT_PORT)
