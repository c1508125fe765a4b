"""The broker's files in `deploy/mosquitto`, on a real Mosquitto: what a gateway may do, and what is refused to all others."""

import queue
import shutil
import ssl
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from certificates import Certificates
from mosquitto_server import MosquittoServer, free_port
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from patience import eventually
from receipting import stored
from spooling import NO_METERS, fill, open_roomy

from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_core.broker_address import BrokerAccount, parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.broker_tls import TlsFiles
from meterproof_core.clock import ManualClock
from meterproof_core.wire import MessageKind, Receipt, Topic, decode, parse_topic
from meterproof_edge.announcements import Gateway
from meterproof_edge.broker_link import Letter
from meterproof_edge.mailbox import Mailbox
from meterproof_edge.mqtt.paho_link import LinkSettings, PahoLink
from meterproof_edge.publisher import Publisher

pytestmark = pytest.mark.mosquitto
_FILES = Path(__file__).parents[2] / "deploy" / "mosquitto"
_TIMEOUT_S = 10.0
PASSWORD = "correct horse battery staple"


@dataclass
class Plant:
    """A broker with the files of `deploy`, and the authority that signs for it."""

    broker: MosquittoServer
    certificates: Certificates
    tls_port: int
    folder: Path

    @property
    def tls_url(self):
        return f"mqtts://localhost:{self.tls_port}"

    def files(self, papers=None):
        if papers is None:
            return TlsFiles(self.certificates.ca_file)
        return TlsFiles(self.certificates.ca_file, papers.cert_file, papers.key_file)

    def access(self, name):
        return BrokerAccess(parse_broker(self.tls_url), tls=self.files(self.certificates.client(name)), mqtt5=True)

    def collector(self, **more):
        (self.folder / "password").write_text(PASSWORD)
        account = BrokerAccount("collector", self.folder / "password")
        return PahoSource(self.broker.url, "any", account=account, reconnect_max_s=0.1, **more)


def installed(folder, certificates, ports):
    """Put the files where an administrator would, with this test's paths and ports."""
    clear, encrypted = ports
    (folder / "certs").mkdir(parents=True)
    (folder / "conf.d").mkdir()
    (folder / "data").mkdir()
    papers = certificates.server()
    shutil.copy(certificates.ca_file, folder / "certs" / "ca.pem")
    shutil.copy(papers.cert_file, folder / "certs" / "broker.pem")
    shutil.copy(papers.key_file, folder / "certs" / "broker.key")
    for name, target in (("standalone.conf", "mosquitto.conf"), ("meterproof.conf", "conf.d/meterproof.conf")):
        text = (_FILES / name).read_text().replace("@MOSQUITTO@", str(folder)).replace("@DATA@", str(folder / "data"))
        assert "@" not in text
        text = text.replace("listener 1883", f"listener {clear}").replace("listener 8883", f"listener {encrypted}")
        (folder / target).write_text(text.replace("log_dest stdout", "log_dest stderr\nuser root"))
    shutil.copy(_FILES / "meterproof.acl", folder / "meterproof.acl")
    (folder / "meterproof.acl").chmod(0o600)
    return folder / "mosquitto.conf"


@pytest.fixture
def plant(require_program, tmp_path):
    certificates = Certificates(tmp_path / "authority")
    ports = free_port(), free_port()
    folder = tmp_path / "mosquitto"
    main = installed(folder, certificates, ports)
    tool = require_program("mosquitto_passwd", package="mosquitto")
    passwords = str(folder / "meterproof.passwd")
    subprocess.run([tool, "-c", "-b", passwords, "collector", PASSWORD], check=True, capture_output=True)
    program = require_program("mosquitto")
    with MosquittoServer.of_file(program, main, port=ports[0], keeps=folder / "data") as broker:
        yield Plant(broker, certificates, ports[1], tmp_path)


class Client5:
    """A bare client that does what a test asks; nothing of ours stands between it and the broker."""

    def __init__(self, plant, papers=None, *, client_id="bare", tls=True):
        self.answers = queue.Queue()
        self.received = queue.Queue()
        self.over = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTv5, reconnect_on_failure=False)
        if tls:
            context = ssl.create_default_context(cafile=plant.certificates.ca_file)
            if papers is not None:
                context.load_cert_chain(papers.cert_file, papers.key_file)
            self._client.tls_set_context(context)
        self._client.on_connect = lambda *told: self.answers.put(str(told[3]))
        self._client.on_publish = lambda *told: self.answers.put(str(told[3]))
        self._client.on_subscribe = lambda *told: self.answers.put(str(told[3][0]))
        self._client.on_message = lambda *told: self.received.put((told[2].topic, bytes(told[2].payload)))
        self._client.on_disconnect = lambda *_: self.over.set()
        self._address = ("localhost", plant.tls_port) if tls else ("127.0.0.1", plant.broker.port)

    def __enter__(self):
        self._client.connect(*self._address)
        self._client.loop_start()
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()
        self._client = None  # its callbacks hold us: without this it would wait for the garbage collector

    def answer(self):
        return self.answers.get(timeout=_TIMEOUT_S)

    def publish(self, topic, payload=b"x"):
        self._client.publish(topic, payload, qos=1)
        return self.answer()

    def subscribe(self, topic):
        self._client.subscribe(topic, qos=1)
        return self.answer()


def test_a_gateway_with_its_certificate_is_carried_end_to_end(plant, tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    fill(spool, 50)
    source = plant.collector(share_group="all", mqtt5=True)
    delivered = []

    def take(message):
        topic = parse_topic(message.topic)
        delivered.append(topic)
        if topic.kind is MessageKind.READINGS:
            batch = decode(topic.kind, message.payload)
            source.publish(Topic(topic.plant, topic.gateway, MessageKind.RECEIPTS), stored(batch))
        source.acknowledge([message])

    source.start(take)
    assert eventually(lambda: source.connected)
    publisher = Publisher(
        spool,
        PahoLink(plant.access("north-mill/gateway-1"), "north-mill/gateway-1", LinkSettings()),
        gateway=Gateway("north-mill", "gateway-1"),
        meters=NO_METERS,
        clock=ManualClock(1),
        monotonic=lambda: 0.0,
        chance=lambda: 0.5,
    )
    publisher.start()
    assert publisher.wait_until_empty(_TIMEOUT_S)
    assert eventually(lambda: {topic.kind for topic in delivered} == {"readings", "meters", "status"})
    assert {(topic.plant, topic.gateway) for topic in delivered} == {("north-mill", "gateway-1")}
    assert (publisher.stats().refused, publisher.stats().unheard) == (0, 0)
    publisher.stop()
    source.stop()
    spool.close()


@pytest.mark.parametrize("kind", ["readings", "meters", "status", "loss", "attest"])
def test_a_gateway_writes_its_own_topics_and_nobody_elses(plant, kind):
    with Client5(plant, plant.certificates.client("north-mill/gateway-1")) as gateway:
        assert gateway.answer() == "Success"
        assert gateway.publish(f"meterproof/v1/north-mill/gateway-1/{kind}") in {"Success", "No matching subscribers"}
        for other in ("north-mill/gateway-2", "south-mill/gateway-1", "gateway-1/north-mill", "north-mill"):
            assert gateway.publish(f"meterproof/v1/{other}/{kind}") == "Not authorized"


@pytest.mark.parametrize(
    "topic", ["meterproof/v1/north-mill/gateway-1/receipts", "meterproof/v2/x", "$SYS/broker/x", "x"]
)
def test_a_gateway_writes_no_receipts_and_nothing_else(plant, topic):
    with Client5(plant, plant.certificates.client("north-mill/gateway-1")) as gateway:
        assert gateway.answer() == "Success"
        assert gateway.publish(topic) == "Not authorized"


def test_a_gateway_hears_its_own_receipts_and_nothing_of_others(plant):
    source = plant.collector(mqtt5=True)
    source.start(lambda message: source.acknowledge([message]))
    assert eventually(lambda: source.connected)
    other = Client5(plant, plant.certificates.client("north-mill/gateway-2"))
    with Client5(plant, plant.certificates.client("north-mill/gateway-1")) as gateway, other:
        assert (gateway.answer(), other.answer()) == ("Success", "Success")
        gateway.subscribe("#")  # Mosquitto grants it and passes on only what may be read
        other.publish("meterproof/v1/north-mill/gateway-2/readings")
        for name in ("gateway-2", "gateway-1"):
            source.publish(Topic("north-mill", name, MessageKind.RECEIPTS), Receipt(1, "s", [(1, 1)]))
        topic, payload = gateway.received.get(timeout=_TIMEOUT_S)
        assert topic == "meterproof/v1/north-mill/gateway-1/receipts"
        assert decode(MessageKind.RECEIPTS, payload) == Receipt(1, "s", [(1, 1)])
        assert gateway.received.empty()
    source.stop()


def test_the_collector_answers_gateways_and_writes_no_readings(plant, caplog):
    source = plant.collector(mqtt5=True)
    source.start(lambda _: None)
    assert eventually(lambda: source.connected)
    source._session._client.on_publish = lambda *told: caplog.records.append(told[3])
    source._session._client.publish("meterproof/v1/north-mill/gateway-1/readings", b"forged", qos=1)
    assert eventually(lambda: [str(one) for one in caplog.records] == ["Not authorized"])
    caplog.records.clear()
    source.stop()


def refused(client):
    """Return whether a client is turned away, whenever TLS says so."""
    try:
        client.__enter__()
    except (ssl.SSLError, ConnectionError):
        client._client = None
        return True
    assert client.over.wait(_TIMEOUT_S)
    client.__exit__()
    return client.answers.empty() or client.answer() != "Success"


def test_without_a_certificate_nobody_comes_in_over_tls(plant):
    assert refused(Client5(plant))


def test_an_expired_certificate_is_refused(plant):
    assert refused(Client5(plant, plant.certificates.expired_client("north-mill/gateway-1")))
    assert plant.broker.wait_for_log("certificate verify failed")


def test_a_certificate_of_another_authority_is_refused(plant, tmp_path):
    stranger = Certificates(tmp_path / "stranger")
    assert refused(Client5(plant, stranger.client("north-mill/gateway-1")))


@pytest.mark.parametrize("name", ["+/+", "#", "north-mill/+"])
def test_a_certificate_whose_name_is_a_wildcard_opens_nothing(plant, name):
    with Client5(plant, plant.certificates.client(name, file="wildcard")) as client:
        if client.answer() == "Success":
            assert client.publish("meterproof/v1/north-mill/gateway-1/readings") == "Not authorized"


def test_nobody_is_anonymous_on_this_host_either_nor_comes_with_a_wrong_password(plant, tmp_path):
    assert refused(Client5(plant, tls=False))
    (tmp_path / "wrong").write_text("wrong")
    source = PahoSource(
        plant.broker.url, "x", account=BrokerAccount("collector", tmp_path / "wrong"), mqtt5=True, reconnect_max_s=0.1
    )
    source.start(lambda _: None)
    assert plant.broker.wait_for_log("not authorised")
    assert not source.connected
    source.stop()


def test_a_gateway_cannot_throw_another_one_off_by_taking_its_client_id(plant):
    victim = Client5(plant, plant.certificates.client("north-mill/gateway-1"), client_id="north-mill/gateway-1")
    thief = Client5(plant, plant.certificates.client("north-mill/gateway-2"), client_id="north-mill/gateway-1")
    with victim, thief:
        assert (victim.answer(), thief.answer()) == ("Success", "Success")
        assert victim.publish("meterproof/v1/north-mill/gateway-1/readings") == "No matching subscribers"
        assert not victim.over.is_set()


def test_what_a_message_may_weigh_is_told_to_the_gateway(plant):
    link = PahoLink(plant.access("north-mill/gateway-1"), "x")
    will = Letter("meterproof/v1/north-mill/gateway-1/status", b"{}", retain=True)
    link.start(Mailbox(), subscribe="meterproof/v1/north-mill/gateway-1/receipts", will=will)
    assert eventually(lambda: link._session is not None and link._session._connection.usable)
    assert link._session.terms.maximum_packet_size == 70000
    assert link._session.terms.receive_maximum == 2000
    link.stop()


def test_the_longest_message_of_the_wire_passes(plant):
    with Client5(plant, plant.certificates.client("north-mill/gateway-1")) as gateway:
        assert gateway.answer() == "Success"
        assert gateway.publish("meterproof/v1/north-mill/gateway-1/readings", b"x" * 65536) == "No matching subscribers"


def test_debians_own_main_file_accepts_ours_beside_it(require_program, plant, tmp_path):
    port = free_port()
    folder = tmp_path / "debian"
    installed(folder, plant.certificates, (port, free_port()))
    shutil.copy(plant.folder / "mosquitto" / "meterproof.passwd", folder / "meterproof.passwd")
    main = folder / "debian.conf"
    main.write_text(
        f"pid_file {folder}/mosquitto.pid\npersistence true\npersistence_location {folder}/data/\n"
        f"log_dest stderr\nuser root\ninclude_dir {folder}/conf.d\n"
    )  # as Debian 12 ships it, but for the log's and the data's place
    with MosquittoServer.of_file(require_program("mosquitto"), main, port=port, keeps=folder / "data") as broker:
        assert "running" in broker.log()
