"""One connection to a broker, from the first packet to the last: what edge and collector must both get right.

The driver (paho) stays in the two rooms that use it; here it is a protocol, and its reason codes are
numbers of the MQTT 5 standard, to which it maps those of 3.1.1.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from meterproof_core.broker_address import BrokerAccount, BrokerAddress
from meterproof_core.broker_redial import Ended, EndKind
from meterproof_core.broker_tls import TlsFiles, tls_context, tls_failure, tls_for, tls_warnings
from meterproof_core.errors import MeterproofError, SettingsError

_log = logging.getLogger(__name__)

_REFUSED = 0x80  # MQTT 5, 2.4: codes from here on are failures
_UNSUPPORTED_VERSION, _TAKEN_OVER = 0x84, 0x8E
_CONNECT_S = 5.0
_GOODBYE_S = 2.0


class Driver(Protocol):
    """What an MQTT client is to us."""

    @property
    def connect(self) -> Callable[..., object]:
        """Open a connection to host and port with a keep-alive, and send the first packet."""
        ...

    def loop_start(self) -> object:
        """Read and write in a thread of its own."""
        ...

    def loop_stop(self) -> object:
        """Wait for that thread to end."""
        ...

    def disconnect(self) -> object:
        """Send a good-bye."""
        ...

    def socket(self) -> object:
        """Return the open socket, or None."""
        ...

    def tls_set_context(self, context: ssl.SSLContext | None) -> object:
        """Encrypt with a context."""
        ...

    def username_pw_set(self, username: str | None, password: str | None) -> object:
        """Say who we are."""
        ...


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """How a broker is reached, and as whom.

    Parameters
    ----------
    address : BrokerAddress
        Where it is.
    account : BrokerAccount or None
        None is anonymous, or named by the certificate.
    tls : TlsFiles or None
        The files of a connection over TLS.
    mqtt5 : bool or None
        Whether to speak MQTT 5; None falls back to 3.1.1 where the broker speaks nothing later.
    keepalive_s : int
        A peer that vanished is noticed within one and a half times this [s].
    """

    address: BrokerAddress
    account: BrokerAccount | None = None
    tls: TlsFiles | None = None
    mqtt5: bool | None = None
    keepalive_s: int = 30

    def __post_init__(self) -> None:
        if self.keepalive_s < 2:
            raise SettingsError(f"broker: keepalive_s {self.keepalive_s} is not accepted; use 2 or more [s]")
        tls_for(self.address, self.tls)

    @property
    def ping_s(self) -> int:
        """What the driver and the broker are told [s].

        The driver gives a peer up after two silent periods, looked at each second, and the broker after one and a
        half: with this, both are within one and a half times `keepalive_s`.
        """
        return max((3 * self.keepalive_s - 2) // 4, 1)

    def context(self) -> ssl.SSLContext | None:
        """Return what encrypts the next connection, from the files as they are now; None in the clear.

        Raises
        ------
        SettingsError
            When a file cannot be used.
        """
        files = tls_for(self.address, self.tls)
        return None if files is None else tls_context(files)

    def read_files(self) -> None:
        """Read all files once, so that a wrong one is told at the start.

        Raises
        ------
        SettingsError
            When a file cannot be used.
        """
        if self.account is not None:
            self.account.password()
        self.context()

    def doubts(self, now: datetime) -> list[str]:
        """Return what is doubtful about files that can be read, at a time (aware); no socket is opened.

        Raises
        ------
        SettingsError
            When a file cannot be used.
        """
        self.read_files()
        files = tls_for(self.address, self.tls)
        if files is not None:
            return tls_warnings(files, now)
        if self.account is not None and not self.address.is_loopback:
            return [f"broker mqtt://{self.address}: the password travels in the clear; use mqtts:// for TLS"]
        return []


class Connection:
    """One connection; the driver's callbacks tell it what happens.

    Parameters
    ----------
    access : BrokerAccess
        How the broker is reached.
    monotonic : callable
        A clock that never steps [s].
    """

    def __init__(self, access: BrokerAccess, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._monotonic = monotonic
        self._answered = threading.Event()
        self._over = threading.Event()
        self._usable_at: float | None = None
        self._end: Ended | None = None

    @property
    def usable(self) -> bool:
        """Whether messages pass."""
        return self._usable_at is not None and not self._over.is_set()

    def accepted(self, code: int, text: str) -> bool:
        """Take in the answer to the connect; return whether we are let in."""
        self._answered.set()
        if code < _REFUSED:
            return True
        kind = EndKind.OTHER_VERSION if code == _UNSUPPORTED_VERSION else EndKind.LOST
        self._finish(kind, f"it refuses us: {text}")
        return False

    def opened(self) -> None:
        """Note that messages pass from now on."""
        self._usable_at = self._monotonic()

    def closed(self, code: int, text: str, *, by_broker: bool) -> None:
        """Note the end, and what the broker said of it."""
        if not self._answered.is_set():
            self._unanswered("it ended the connection without an answer")
        elif code < _REFUSED:
            self._finish(EndKind.LOST, "it ended the connection" if by_broker else "the connection was ended")
        elif by_broker and code == _TAKEN_OVER:
            self._finish(EndKind.TAKEN_OVER, EndKind.TAKEN_OVER.value)
        else:
            self._finish(EndKind.LOST, f"it ended the connection: {text}" if by_broker else "the connection was lost")

    def give_up(self, driver: Driver, kind: EndKind, why: str) -> None:
        """Say good-bye for a reason of ours; `closed` comes once that was sent."""
        self._note(kind, why)
        driver.disconnect()

    def serve(self, driver: Driver, more: Mapping[str, object]) -> Ended:
        """Connect, and return how the connection ended once it has."""
        address = self._access.address
        try:
            self._equip(driver)
            driver.connect(address.host, address.port, self._access.ping_s, **more)
        except (OSError, MeterproofError, ValueError) as error:
            return Ended(EndKind.LOST, reason_of(error, address))
        driver.loop_start()
        if not (self._answered.wait(_CONNECT_S) or self._over.is_set()):
            self._unanswered(f"it took the connection and said nothing for {_CONNECT_S:g} s")
        self._over.wait()
        _hang_up(driver)
        driver.loop_stop()
        return self._end or Ended(EndKind.LOST, "the connection was lost")

    def stop(self, driver: Driver) -> None:
        """Say good-bye and end the connection; a broker that does not answer is not waited for."""
        driver.disconnect()
        if not self._over.wait(_GOODBYE_S):
            _hang_up(driver)
        self._finish(EndKind.ASKED, "we were asked to stop")
        self._answered.set()

    def _unanswered(self, why: str) -> None:
        """End a connection whose first packet has no answer: some brokers meet a later version of MQTT that way."""
        hint = "; does it accept our certificate?" if self._access.address.tls else ""
        self._finish(EndKind.OTHER_VERSION, why + hint)
        self._answered.set()

    def _equip(self, driver: Driver) -> None:
        """Give a driver its papers, from the files as they are now."""
        context = self._access.context()
        if context is not None:
            driver.tls_set_context(context)
        if self._access.account is not None:
            driver.username_pw_set(self._access.account.user, self._access.account.password())

    def _finish(self, kind: EndKind, why: str) -> None:
        self._note(kind, why)
        self._over.set()

    def _note(self, kind: EndKind, why: str) -> None:
        if self._end is None:  # the first cause is the one that counts
            held_s = 0.0 if self._usable_at is None else max(self._monotonic() - self._usable_at, 1e-9)
            self._end = Ended(kind, why, held_s)


def reason_of(error: Exception, address: BrokerAddress) -> str:
    """Return why a broker could not be reached, for the user."""
    if isinstance(error, ssl.SSLError):
        return tls_failure(error, address, datetime.now(UTC))
    if isinstance(error, socket.gaierror):
        return f"the name {address.host} is not known: {error.strerror}"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, ConnectionError):
        return "it ended the connection" + ("; does it speak TLS on this port?" if address.tls else "")
    if isinstance(error, TimeoutError):
        return f"no answer within {_CONNECT_S:g} s"
    return str(error)


def guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """Return a callback whose bug is logged; the driver's thread would end with it, and nobody would know."""

    def call(*arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception:  # noqa: BLE001 - whatever it is: the thread has to live on
            _log.exception("callback %s failed", callback.__name__)

    return call


def _hang_up(driver: Driver) -> None:
    """Close the socket under the driver: only that ends a driver whose peer has vanished."""
    open_socket = driver.socket()
    if isinstance(open_socket, socket.socket):
        try:
            socket.socket.shutdown(open_socket, socket.SHUT_RDWR)  # below TLS, which another thread is reading
        except OSError:  # it is closed already
            _log.debug("socket was closed before")
