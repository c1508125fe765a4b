"""Certificates, keys and authorities on disk: what can be used, and what is said of what cannot."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from certificates import Certificates
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.broker_address import BrokerAccount, BrokerAddress, parse_broker
from meterproof_core.broker_connection import BrokerAccess, reason_of
from meterproof_core.broker_tls import TlsFiles, tls_context, tls_failure, tls_for, tls_warnings
from meterproof_core.certificate import facts_of, read_certificates
from meterproof_core.errors import SettingsError

NOW = datetime.now(UTC)
_TLS = BrokerAddress("broker.example", 8883, tls=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def papers(authority):
    return authority.client("north-mill/gateway-1")


def refusal(files):
    with pytest.raises(SettingsError) as caught:
        tls_context(files)
    return str(caught.value)


def test_a_context_checks_the_servers_name_and_takes_nothing_before_1_2(authority, papers):
    context = tls_context(TlsFiles(authority.ca_file, papers.cert_file, papers.key_file))
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.cert_store_stats()["x509_ca"] == 1


def test_without_an_authority_of_its_own_the_machines_list_is_taken():
    assert tls_context(TlsFiles()).check_hostname


def test_a_file_that_is_not_there_is_named(authority, papers, tmp_path):
    gone = tmp_path / "gone.pem"
    assert refusal(TlsFiles(gone)) == f"broker: ca_file {gone} cannot be read (No such file or directory)"
    assert f"cert_file {gone} cannot be read" in refusal(TlsFiles(authority.ca_file, gone, papers.key_file))
    assert f"key_file {gone} cannot be read" in refusal(TlsFiles(authority.ca_file, papers.cert_file, gone))
    assert f"ca_file {tmp_path} cannot be read (Is a directory)" in refusal(TlsFiles(tmp_path))


def test_a_file_that_holds_something_else_is_named(authority, papers, tmp_path):
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("rubbish")
    assert f"ca_file {rubbish} holds no certificate that can be used" in refusal(TlsFiles(rubbish))
    assert f"cert_file: certificate {rubbish}: no certificate in it" in refusal(
        TlsFiles(authority.ca_file, rubbish, papers.key_file)
    )
    assert f"key_file {rubbish} holds no key that can be used" in refusal(
        TlsFiles(authority.ca_file, papers.cert_file, rubbish)
    )


def test_the_key_of_another_certificate_is_named(authority, papers):
    other = authority.client("north-mill/gateway-2")
    text = refusal(TlsFiles(authority.ca_file, papers.cert_file, other.key_file))
    assert text == (
        f"broker: key_file {other.key_file} is not the key of cert_file {papers.cert_file}; "
        "give the pair that belongs together"
    )


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_password(authority, papers, tmp_path):
    key = load_pem_private_key(papers.key_file.read_bytes(), None)
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert f"key_file {encrypted} is encrypted" in refusal(TlsFiles(authority.ca_file, papers.cert_file, encrypted))


@pytest.mark.parametrize(("has", "lacks"), [("cert_file", "key_file"), ("key_file", "cert_file")])
def test_a_certificate_comes_with_its_key(papers, has, lacks):
    with pytest.raises(SettingsError, match=f"broker: {has} .* without {lacks}; give both or neither"):
        TlsFiles(**{has: papers.cert_file})


def test_certificates_for_a_connection_in_the_clear_are_refused(authority):
    with pytest.raises(SettingsError, match=r"broker mqtt://h:1: certificates are given but not used; use mqtts://"):
        BrokerAccess(BrokerAddress("h", 1), tls=TlsFiles(authority.ca_file))
    assert tls_for(BrokerAddress("h", 1), None) is None
    assert tls_for(_TLS, None) == TlsFiles()
    assert BrokerAccess(BrokerAddress("h", 1)).context() is None


def test_sound_files_raise_no_doubt(authority, papers):
    assert tls_warnings(TlsFiles(authority.ca_file, papers.cert_file, papers.key_file), NOW) == []


def test_a_key_that_others_can_read_is_doubtful(authority, papers, tmp_path):
    key = tmp_path / "open.key"
    key.write_bytes(papers.key_file.read_bytes())
    key.chmod(0o644)
    (doubt,) = tls_warnings(TlsFiles(authority.ca_file, papers.cert_file, key), NOW)
    assert doubt == f"broker: key_file {key} can be read by others (-rw-r--r--); use chmod 600"


def test_dates_are_told_by_the_clock_that_is_given(authority, papers):
    expired = authority.expired_client("north-mill/gateway-1")
    (doubt,) = tls_warnings(TlsFiles(None, expired.cert_file, expired.key_file), NOW)
    assert doubt.endswith("certificate 'north-mill/gateway-1' expired on 2002-01-01; have it renewed")
    soon = authority.client("soon", not_after=NOW + timedelta(days=9), not_before=NOW - timedelta(days=9))
    (doubt,) = tls_warnings(TlsFiles(None, soon.cert_file, soon.key_file), NOW)
    assert f"'soon' expires on {NOW + timedelta(days=9):%Y-%m-%d}" in doubt


def test_a_gateway_whose_clock_stands_at_1970_is_told_to_set_it(authority, papers):
    files = TlsFiles(authority.ca_file, papers.cert_file, papers.key_file)
    doubts = tls_warnings(files, datetime(1970, 1, 1, tzinfo=UTC))
    assert len(doubts) == 2
    assert all("the clock shows 1970-01-01: set the clock" in doubt for doubt in doubts)


def test_what_a_file_says_of_its_certificates_is_what_they_say(authority, papers):
    genuine = load_pem_x509_certificate(papers.cert_file.read_bytes())
    (facts,) = read_certificates(papers.cert_file)
    assert facts.common_name == "north-mill/gateway-1"
    assert facts.not_before == genuine.not_valid_before_utc
    assert facts.not_after == genuine.not_valid_after_utc
    (root,) = read_certificates(authority.ca_file)
    assert root.common_name == ""


@given(st.integers(-630_000_000, 253_000_000_000))  # 1950 to 9987
def test_every_date_that_a_certificate_can_hold_is_read_right(tmp_path_factory, second):
    authority = _authority(tmp_path_factory)
    not_after = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    not_before = not_after - timedelta(hours=1)
    papers = authority.client("x", not_before=not_before, not_after=not_after)
    assert [(one.not_before, one.not_after) for one in read_certificates(papers.cert_file)] == [(not_before, not_after)]


_MADE = {}


def _authority(tmp_path_factory):
    if not _MADE:
        _MADE["authority"] = Certificates(tmp_path_factory.mktemp("dates"))
    return _MADE["authority"]


@given(st.data())
def test_a_damaged_certificate_is_a_settings_error_and_nothing_worse(tmp_path_factory, data):
    whole = bytearray(ssl.PEM_cert_to_DER_cert(_authority(tmp_path_factory).ca_file.read_text()))
    for share in data.draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4)):
        whole[int(share * len(whole))] = data.draw(st.integers(0, 255))
    cut = whole[: int(data.draw(st.floats(0, 1)) * len(whole))]
    file = tmp_path_factory.getbasetemp() / "damaged.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(bytes(cut)))
    with suppress(SettingsError):
        assert len(read_certificates(file)) == 1


@pytest.mark.parametrize(
    "der",
    [b"", b"\x30", b"\x30\x05a", b"\x02\x01\x00", b"\x30\x02\x30\x00", bytes.fromhex("300a3008020100300030003000")],
)
def test_what_is_no_certificate_says_so(der):
    with pytest.raises(ValueError, match=r"certificate|cut short|unpack"):
        facts_of(der)


def test_files_of_certificates_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(SettingsError, match=r"certificate .*gone cannot be read"):
        read_certificates(tmp_path / "gone")


def broken(code, message="why"):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (9, "it is not valid yet by this machine's clock, which shows 1970-01-01 00:00 UTC: set the clock"),
        (10, "it has expired by this machine's clock, which shows 1970-01-01 00:00 UTC"),
        (62, "it is not made out to broker.example"),
        (64, "it is not made out to broker.example"),
        (20, "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_of_the_broker_that_is_not_accepted_says_why(code, says):
    error = broken(code, "unable to get local issuer certificate")
    text = tls_failure(error, _TLS, datetime(1970, 1, 1, tzinfo=UTC))
    assert text == f"the broker's certificate is not accepted: {says}"


def test_another_failure_of_tls_is_told_in_its_own_words():
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    assert reason_of(error, _TLS) == "TLS fails: WRONG_VERSION_NUMBER"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TimeoutError("timed out"), "no answer within 5 s"),
        (ConnectionRefusedError(111, "Connection refused"), "nobody listens there"),
        (ConnectionResetError(104, "reset"), "it ended the connection; does it speak TLS on this port?"),
        (OSError(113, "No route to host"), "[Errno 113] No route to host"),
    ],
)
def test_why_a_broker_is_not_reached_is_said_in_words(error, says):
    assert reason_of(error, _TLS) == says


def test_a_password_in_the_clear_is_doubtful_beyond_this_machine(tmp_path):
    (tmp_path / "password").write_text("secret")
    account = BrokerAccount("gateway-1", tmp_path / "password")
    (doubt,) = BrokerAccess(parse_broker("mqtt://broker.example"), account).doubts(NOW)
    assert doubt == "broker mqtt://broker.example:1883: the password travels in the clear; use mqtts:// for TLS"
    assert BrokerAccess(parse_broker("mqtt://127.0.0.1"), account).doubts(NOW) == []
    assert BrokerAccess(parse_broker("mqtt://broker.example")).doubts(NOW) == []


def test_all_files_of_an_access_are_read_before_anything_is_dialled(authority, papers, tmp_path):
    files = TlsFiles(authority.ca_file, papers.cert_file, papers.key_file)
    assert BrokerAccess(_TLS, tls=files).doubts(NOW) == []
    with pytest.raises(SettingsError, match="password_file"):
        BrokerAccess(_TLS, BrokerAccount("x", tmp_path / "gone"), files).read_files()
    with pytest.raises(SettingsError, match="ca_file"):
        BrokerAccess(_TLS, tls=TlsFiles(tmp_path / "gone")).read_files()


def test_a_certificate_whose_dates_are_no_dates_is_damaged(authority, tmp_path):
    der = ssl.PEM_cert_to_DER_cert(authority.ca_file.read_text())
    at = der.index(b"\x17\x0d")  # the first UTCTime
    file = tmp_path / "odd.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(der[:at] + b"\x13" + der[at + 1 :]))
    with pytest.raises(SettingsError, match=r"is damaged .no time but an element of type 19"):
        read_certificates(file)
