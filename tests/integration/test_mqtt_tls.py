"""Gateway and collector over TLS to a real Mosquitto: what is accepted, what is refused, and what is said of it."""

import shutil

import pytest
from certificates import Certificates
from mosquitto_server import ANONYMOUS, MosquittoServer
from patience import eventually
from publishing import GATEWAY, NOW_MS, QUICK
from spooling import NO_METERS, fill, open_roomy

from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_core.broker_address import parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.broker_tls import TlsFiles
from meterproof_core.clock import ManualClock
from meterproof_core.wire import MessageKind, Receipt, Topic, decode, parse_topic
from meterproof_edge.mqtt.paho_link import LinkSettings, PahoLink
from meterproof_edge.publisher import Publisher

pytestmark = [
    pytest.mark.mosquitto,
    # paho leaves the socket of a handshake that failed to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
_TIMEOUT_S = 20.0


@pytest.fixture
def authority(tmp_path):
    return Certificates(tmp_path / "authority")


@pytest.fixture
def broker_for(require_program, authority, tmp_path):
    """Return a function that makes a Mosquitto whose certificate is made out to a name."""
    program = require_program("mosquitto")

    def made(name="localhost", *, clients=True):
        listener = authority.listener(authority.server(name), clients=clients)
        return MosquittoServer(program, tmp_path / "broker", ANONYMOUS, listener=listener)

    return made


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


def files(authority, papers=None):
    if papers is None:
        return TlsFiles(authority.ca_file)
    return TlsFiles(authority.ca_file, papers.cert_file, papers.key_file)


class Publishing:
    """A publisher over TLS; a context manager."""

    def __init__(self, spool, url, tls):
        access = BrokerAccess(parse_broker(url), tls=tls, mqtt5=True)
        self._publisher = Publisher(
            spool,
            PahoLink(access, "steel-works/hall-1", LinkSettings(reconnect_max_s=0.2)),
            gateway=GATEWAY,
            meters=NO_METERS,
            clock=ManualClock(NOW_MS),
            monotonic=_Still(),
            chance=lambda: 0.5,
            policy=QUICK,
        )

    def __enter__(self):
        self._publisher.start()
        return self._publisher

    def __exit__(self, *_):
        self._publisher.stop()


class _Still:
    def __call__(self):
        return 0.0


def until(publisher, holds):
    with publisher._progress:
        return publisher._progress.wait_for(lambda: holds(publisher.stats()), _TIMEOUT_S)


def answering(source):
    """Return what answers every batch as stored."""

    def take(delivered):
        topic = parse_topic(delivered.topic)
        if topic.kind is MessageKind.READINGS:
            batch = decode(topic.kind, delivered.payload)
            receipt = Receipt(1, batch.stream, [(batch.seq, batch.seq)])
            source.publish(Topic(topic.plant, topic.gateway, MessageKind.RECEIPTS), receipt)
        source.acknowledge([delivered])

    return take


def test_gateway_and_collector_meet_over_tls_each_with_a_certificate(spool, authority, broker_for):
    fill(spool, 50)
    with broker_for() as broker:
        papers = authority.client("collector")
        source = PahoSource(broker.tls_url, "collector", tls=files(authority, papers), share_group="all")
        source.start(answering(source))
        assert eventually(lambda: source.connected)
        ours = files(authority, authority.client("steel-works/hall-1"))
        with Publishing(spool, broker.tls_url, ours) as publisher:
            assert publisher.wait_until_empty(_TIMEOUT_S)
        source.stop()
        assert "u'steel-works/hall-1'" in broker.log()


def trouble(spool, url, tls, says):
    """Return whether a publisher says so of its connection."""
    with Publishing(spool, url, tls) as publisher:
        return until(publisher, lambda stats: says in stats.trouble)


def test_a_broker_of_another_name_is_refused_and_named(spool, authority, broker_for):
    with broker_for("other.example", clients=False) as broker:
        says = "the broker's certificate is not accepted: it is not made out to localhost"
        assert trouble(spool, broker.tls_url, files(authority), says)
        assert "New client connected" not in broker.log()


def test_a_broker_of_another_authority_is_refused(spool, authority, broker_for, tmp_path):
    stranger = Certificates(tmp_path / "stranger")
    with broker_for(clients=False) as broker:
        assert trouble(spool, broker.tls_url, files(stranger), "the broker's certificate is not accepted: ")
        assert "New client connected" not in broker.log()


def test_a_broker_that_speaks_in_the_clear_is_not_spoken_to(spool, authority, require_program, tmp_path):
    with MosquittoServer(require_program("mosquitto"), tmp_path / "clear", ANONYMOUS) as broker:
        assert trouble(spool, broker.tls_url, files(authority), "does it speak TLS on this port?")


def test_without_a_certificate_that_the_broker_wants_the_user_is_asked_about_it(spool, authority, broker_for):
    with broker_for() as broker:
        assert trouble(spool, broker.tls_url, files(authority), "does it accept our certificate?")
        assert "New client connected" not in broker.log()


def test_an_expired_certificate_of_ours_is_refused_until_a_renewed_one_lies_in_its_place(spool, authority, broker_for):
    papers = authority.expired_client("steel-works/hall-1")
    with broker_for() as broker, Publishing(spool, broker.tls_url, files(authority, papers)) as publisher:
        assert until(publisher, lambda stats: "does it accept our certificate?" in stats.trouble)
        renewed = authority.client("steel-works/hall-1")
        shutil.copy(renewed.cert_file, papers.cert_file)
        shutil.copy(renewed.key_file, papers.key_file)
        assert publisher.wait_until_connected(_TIMEOUT_S)


def test_a_certificate_that_vanishes_is_named_and_taken_again_once_it_is_back(spool, authority, broker_for):
    papers = authority.client("steel-works/hall-1")
    with broker_for() as broker, Publishing(spool, broker.tls_url, files(authority, papers)) as publisher:
        assert publisher.wait_until_connected(_TIMEOUT_S)
        aside = papers.cert_file.rename(papers.cert_file.with_suffix(".aside"))
        broker.kill()
        broker.start()
        assert until(publisher, lambda stats: f"cert_file {papers.cert_file} cannot be read" in stats.trouble)
        aside.rename(papers.cert_file)
        assert publisher.wait_until_connected(_TIMEOUT_S)
