"""The life of one connection under a driver that does what no broker can be asked to do."""

import socket
import threading

import pytest

from meterproof_core.broker_address import BrokerAddress
from meterproof_core.broker_connection import BrokerAccess, Connection, guarded
from meterproof_core.broker_redial import Ended, EndKind


class Vanished:
    """A driver whose peer is gone: it connects, and no good-bye ever comes back."""

    def __init__(self, open_socket=None):
        self.open_socket = open_socket
        self.running = threading.Event()
        self.said_goodbye = 0

    def connect(self, *_, **__):
        return None

    def loop_start(self):
        self.running.set()

    def loop_stop(self):
        self.running.clear()

    def disconnect(self):
        self.said_goodbye += 1

    def socket(self):
        return self.open_socket


class Ticks:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def connection(ticks):
    return Connection(BrokerAccess(BrokerAddress("127.0.0.1", 1)), ticks)


def served(connection, driver):
    """Serve a connection in a thread and return where its end will stand."""
    ends = []
    thread = threading.Thread(target=lambda: ends.append(connection.serve(driver, {})))
    thread.start()
    assert driver.running.wait(10)
    return thread, ends


def test_a_stop_does_not_wait_for_a_peer_that_vanished_and_closes_its_socket(connection):
    here, there = socket.socketpair()
    with here, there:
        driver = Vanished(here)
        thread, ends = served(connection, driver)
        connection.accepted(0, "Success")
        connection.opened()
        connection.stop(driver)
        thread.join(10)
        assert there.recv(1) == b""
    assert driver.said_goodbye == 1
    assert [end.kind for end in ends] == [EndKind.ASKED]


def test_a_socket_that_is_closed_already_is_no_trouble(connection):
    here, there = socket.socketpair()
    here.close()
    there.close()
    driver = Vanished(here)
    thread, ends = served(connection, driver)
    connection.accepted(0, "Success")
    connection.closed(0x80, "Unspecified error", by_broker=False)
    thread.join(10)
    assert ends == [Ended(EndKind.LOST, "the connection was lost")]


@pytest.mark.parametrize(
    ("code", "by_broker", "kind", "why"),
    [
        (0x00, False, EndKind.LOST, "the connection was ended"),
        (0x00, True, EndKind.LOST, "it ended the connection"),
        (0x80, False, EndKind.LOST, "the connection was lost"),
        (0x8D, True, EndKind.LOST, "it ended the connection: text"),
        (0x8E, True, EndKind.TAKEN_OVER, "another client came with our id"),
        (0x8E, False, EndKind.LOST, "the connection was lost"),
    ],
)
def test_how_a_connection_ended_and_how_long_it_was_of_use(connection, ticks, code, by_broker, kind, why):
    connection.accepted(0, "Success")
    connection.opened()
    assert connection.usable
    ticks.now += 7.5
    connection.closed(code, "text", by_broker=by_broker)
    assert not connection.usable
    connection.closed(0x80, "a later end", by_broker=True)
    assert connection.serve(Vanished(), {}) == Ended(kind, why, 7.5)


def test_what_we_ended_ourselves_keeps_its_reason(connection):
    driver = Vanished()
    connection.accepted(0, "Success")
    connection.give_up(driver, EndKind.SMALLER_WINDOW, "it takes 3")
    connection.closed(0x00, "Normal disconnection", by_broker=False)
    assert connection.serve(driver, {}) == Ended(EndKind.SMALLER_WINDOW, "it takes 3")
    assert driver.said_goodbye == 1


def test_a_callback_that_fails_is_told_by_its_name(caplog):
    def on_something(value):
        raise ZeroDivisionError(value)

    guarded(on_something)(1)
    assert "callback on_something failed" in caplog.text
