"""A broker inside this process, on amqtt: it keeps nothing, and the receipts make that harmless.

It speaks MQTT 3.1.1, lets anyone in, and therefore listens on loopback only. A plant that needs more runs Mosquitto.
"""

import asyncio
import logging
import socket
import threading

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig
from amqtt.errors import AMQTTError

from meterproof.broker.tidy import TidyBroker
from meterproof_core.errors import SettingsError

_LOOPBACK = "127.0.0.1"
_START_TIMEOUT_S = 20.0
_PLUGINS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


class EmbeddedBroker:
    """An amqtt broker in a thread of its own; a context manager.

    Parameters
    ----------
    port : int
        TCP port on loopback; 0 takes a free one.
    make : type of Broker
        The broker to run; tests hand in one that loses messages.
    """

    def __init__(self, port: int = 0, make: type[Broker] = TidyBroker) -> None:
        self._port = port or free_port()
        self._make = make
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mqtt://{_LOOPBACK}:{self._port}"

    def __enter__(self) -> "EmbeddedBroker":
        self._thread.start()
        self._ready.wait(_START_TIMEOUT_S)
        if self._failure is not None:
            raise SettingsError(
                f"embedded broker: port {self._port} on {_LOOPBACK} cannot be used ({self._failure}); choose a free one"
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except (AMQTTError, OSError) as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        config = BrokerConfig(
            listeners={"default": ListenerConfig(bind=f"{_LOOPBACK}:{self._port}")}, plugins=dict(_PLUGINS)
        )
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        broker = self._make(config)
        await broker.start()
        self._ready.set()
        await self._stop.wait()
        await broker.shutdown()


def free_port() -> int:
    """Return a TCP port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
