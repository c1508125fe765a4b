"""A broker as a source, through paho-mqtt: it connects, and connects again; one connection is `PahoSession`."""

import itertools
from collections.abc import Callable, Sequence

from meterproof_collector.messages.intake import Delivered
from meterproof_collector.mqtt.paho_session import PahoSession, Subscriptions
from meterproof_core.broker_address import BrokerAccount, BrokerAddress, parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.broker_redial import DialCounts, DialPlan, Ended, EndKind, Redial
from meterproof_core.broker_tls import TlsFiles
from meterproof_core.wire import Receipt, Topic, encode

RECEIVE_MAXIMUM = 1000
"""Messages that the broker delivers without our acknowledgement: below what a collector's queue holds, so that a slow
store does not block the thread that answers the broker's pings. Mosquitto 2.0.11 keeps to it only until the first
acknowledgement (measured: each one brings as many again); then the queue's end blocks, the broker hangs up, and the
gateways send again what has no receipt."""


class PahoSource:
    """A broker reached over TCP or TLS; fills `source.Source`.

    Parameters
    ----------
    address_or_url : BrokerAddress or str
        Where the broker is: ``mqtt://host:port`` or ``mqtts://host:port``.
    client_id : str
        Differs between collectors on one broker.
    account : BrokerAccount or None
        Who we are there; None is anonymous, or named by the certificate.
    tls : TlsFiles or None
        The files of a connection over TLS.
    share_group : str or None
        Collectors of one group share readings and losses among them; None takes them all.
    mqtt5 : bool or None
        Whether to speak MQTT 5; None falls back to 3.1.1 where the broker speaks nothing later.
    keepalive_s : int
        A broker that vanished is noticed within one and a half times this [s].
    receive_maximum : int
        Messages that the broker is asked to deliver without our acknowledgement; MQTT 3.1.1 leaves that to it.
    reconnect_max_s : float
        Longest pause before connecting again [s].

    Raises
    ------
    SettingsError
        When the address is none or a file cannot be used.
    """

    def __init__(
        self,
        address_or_url: BrokerAddress | str,
        client_id: str,
        *,
        account: BrokerAccount | None = None,
        tls: TlsFiles | None = None,
        share_group: str | None = None,
        mqtt5: bool | None = None,
        keepalive_s: int = 30,
        receive_maximum: int = RECEIVE_MAXIMUM,
        reconnect_max_s: float = 30.0,
    ) -> None:
        address = parse_broker(address_or_url) if isinstance(address_or_url, str) else address_or_url
        self._access = BrokerAccess(address, account, tls, mqtt5, keepalive_s)
        self._access.read_files()
        self._client_id = client_id
        self._subscriptions = Subscriptions(share_group, receive_maximum)
        self._deliver: Callable[[Delivered], None] | None = None
        self._session: PahoSession | None = None
        self._window: int | None = None
        self._generations = itertools.count(1)
        plan = DialPlan(mqtt5=mqtt5, longest_s=reconnect_max_s)
        self._redial = Redial(self._dial, plan, name=f"{address} (as {client_id})")

    @property
    def connected(self) -> bool:
        """Whether the broker is reached and delivers."""
        session = self._session
        return session is not None and session.usable

    @property
    def counts(self) -> DialCounts:
        """What became of the connections since the start."""
        return self._redial.counts

    def start(self, deliver: Callable[[Delivered], None]) -> None:
        """Connect in the background, subscribe, and hand every message to `deliver`."""
        self._deliver = deliver
        self._redial.start()

    def acknowledge(self, delivered: Sequence[Delivered]) -> None:
        """Acknowledge messages in the order they came; those of an earlier connection come again by themselves."""
        session = self._session
        if session is not None:
            session.acknowledge(delivered)

    def publish(self, topic: Topic, receipt: Receipt) -> None:
        """Publish a receipt; one that is lost is asked for by sending the batch again."""
        session = self._session
        if session is not None:
            session.publish(str(topic), encode(receipt))

    def stop(self) -> None:
        """Disconnect; nothing is delivered afterwards."""
        self._redial.ask_to_stop()
        session = self._session
        if session is not None:
            session.stop()
        self._redial.join()

    def _dial(self, mqtt5: bool) -> Ended:  # noqa: FBT001 - what `Redial` calls
        assert self._deliver is not None  # noqa: S101 - narrows the type: nothing is dialled before `start`
        session = PahoSession(
            self._access,
            self._client_id,
            self._subscriptions,
            deliver=self._deliver,
            reached=self._redial.reached,
            mqtt5=mqtt5,
            window=self._window,
            generation=next(self._generations),
        )
        self._session = session
        ended = Ended(EndKind.ASKED, "") if self._redial.stopping else session.serve()
        self._session = None
        if ended.kind is EndKind.SMALLER_WINDOW:
            self._window = session.terms.receive_maximum
        return ended
