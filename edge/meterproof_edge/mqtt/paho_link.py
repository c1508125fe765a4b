"""A broker link through paho-mqtt: it connects, and connects again; one connection is `PahoSession`."""

import itertools
from dataclasses import dataclass

from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.broker_redial import DialCounts, DialPlan, Ended, EndKind, Redial
from meterproof_edge.broker_link import Letter, LinkEvents
from meterproof_edge.mqtt.paho_session import Errand, PahoSession


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How much a connection carries, and how long the link stays away.

    Parameters
    ----------
    reconnect_max_s : float
        Longest pause before connecting again [s].
    max_inflight : int
        Messages without the broker's acknowledgement; 20 is what Mosquitto grants by default, and a broker that
        grants less is obeyed.
    """

    reconnect_max_s: float = 30.0
    max_inflight: int = 20


class PahoLink:
    """A broker reached over TCP or TLS; fills `broker_link.BrokerLink`.

    Parameters
    ----------
    access : BrokerAccess
        Where the broker is, and who we are there.
    client_id : str
        Differs between all clients of a broker: it throws out the older of two.
    settings : LinkSettings
        How much a connection carries.

    Raises
    ------
    SettingsError
        When a file of the access cannot be used.
    """

    def __init__(self, access: BrokerAccess, client_id: str, settings: LinkSettings | None = None) -> None:
        access.read_files()
        settings = settings or LinkSettings()
        self._access = access
        self._client_id = client_id
        self._window = settings.max_inflight
        self._errand: Errand | None = None
        self._session: PahoSession | None = None
        self._generations = itertools.count(1)
        plan = DialPlan(mqtt5=access.mqtt5, longest_s=settings.reconnect_max_s)
        self._redial = Redial(self._dial, plan, name=f"{access.address} (as {client_id})", tell=self._ended)

    @property
    def counts(self) -> DialCounts:
        """What became of the connections since the start."""
        return self._redial.counts

    def start(self, events: LinkEvents, *, subscribe: str, will: Letter) -> None:
        """Connect in the background, again and again; subscribe to one topic on each connect."""
        self._errand = Errand(events, subscribe, will, self._redial.reached)
        self._redial.start()

    def publish(self, letter: Letter) -> int | None:
        """Publish without waiting and return the token of its acknowledgement; None when it cannot be sent now."""
        session = self._session
        return None if session is None else session.publish(letter)

    def stop(self) -> None:
        """Disconnect for good; what was published before is still sent, the will is not."""
        self._redial.ask_to_stop()
        session = self._session
        if session is not None:
            session.stop()
        self._redial.join()

    def _dial(self, mqtt5: bool) -> Ended:  # noqa: FBT001 - what `Redial` calls
        assert self._errand is not None  # noqa: S101 - narrows the type: nothing is dialled before `start`
        session = PahoSession(
            self._access,
            self._client_id,
            self._errand,
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

    def _ended(self, ended: Ended) -> None:
        if self._errand is not None:
            taken_over = ended.kind in {EndKind.TAKEN_OVER, EndKind.TWIN}
            self._errand.events.disconnected(ended.why, taken_over=taken_over)
