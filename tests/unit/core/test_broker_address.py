"""Where a broker is, and what is no address of one."""

import pytest

from meterproof_core.broker_address import BrokerAccount, BrokerAddress, parse_broker
from meterproof_core.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("mqtt://broker.example:1884", "broker.example", 1884),
        ("mqtt://broker.example", "broker.example", 1883),
        ("mqtt://broker.example/", "broker.example", 1883),
        ("mqtt://[::1]:1883", "::1", 1883),
    ],
)
def test_an_address_gives_host_and_port(url, host, port):
    assert parse_broker(url) == BrokerAddress(host, port)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("broker.example:1883", "is not a broker's address"),
        ("http://broker.example", "is not a broker's address"),
        ("mqtt://", "is not a broker's address"),
        ("mqtt://broker.example/plant", "is not a broker's address"),
        ("mqtt://broker.example?x=1", "is not a broker's address"),
        ("mqtt://broker.example:port", "a port is a number from 1 to 65535"),
        ("mqtt://broker.example:70000", "a port is a number from 1 to 65535"),
        ("mqtt://broker.example:0", "port 0 is nobody's"),
        ("mqtt://[::1", "host or port cannot be read"),
    ],
)
def test_an_address_that_is_none_says_what_is_accepted(url, says):
    with pytest.raises(SettingsError, match=says) as caught:
        parse_broker(url)
    assert "use mqtt://host:port" in str(caught.value)


@pytest.mark.parametrize("port", ["", ":1883", ":port"])
def test_a_password_in_an_address_is_refused_and_never_printed(port):
    with pytest.raises(SettingsError) as caught:
        parse_broker(f"mqtt://gateway:secret@broker.example{port}")
    assert "secret" not in str(caught.value)
    assert "broker.example" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtts://broker.example", BrokerAddress("broker.example", 8883, tls=True)),
        ("mqtts://[::1]:1", BrokerAddress("::1", 1, tls=True)),
    ],
)
def test_an_address_says_whether_it_is_reached_over_tls(url, address):
    assert parse_broker(url) == address


def test_a_password_is_read_from_its_file_each_time_and_never_shown(tmp_path):
    file = tmp_path / "password"
    file.write_text("first\n")
    account = BrokerAccount("gateway-1", file)
    assert account.password() == "first"
    file.write_text("second")
    assert account.password() == "second"
    assert "second" not in repr(account)
    assert BrokerAccount("gateway-1").password() is None


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), (b"\n", "is empty"), (b"\xff", "cannot be read")]
)
def test_a_password_file_that_gives_none_is_named(tmp_path, content, says):
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"broker: password_file {file} {says}"):
        BrokerAccount("gateway-1", file).password()
