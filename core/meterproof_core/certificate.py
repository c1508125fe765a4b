"""What a certificate's file says of itself: its name and its dates, read from its DER: `ssl` shows a peer's only.

Just so much of X.509 (RFC 5280, section 4.1) is read as those facts need; whether a certificate is genuine is for
OpenSSL to say.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from meterproof_core.errors import SettingsError

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SEQUENCE, _VERSION, _UTC_TIME = 0x30, 0xA0, 0x17
_COMMON_NAME = bytes.fromhex("0603550403")  # object identifier 2.5.4.3, encoded
_TIME_FORMS = {_UTC_TIME: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}
_PIVOT = 2050  # RFC 5280, 4.1.2.5.1: two digits of 50 and above are 19xx


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Whose certificate it is, and from when to when it is good."""

    common_name: str
    not_before: datetime
    not_after: datetime


def read_certificates(file: Path) -> list[CertificateFacts]:
    """Return the facts of every certificate in a PEM file, in its order.

    Raises
    ------
    SettingsError
        When the file cannot be read or holds none.
    """
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise SettingsError(f"certificate {file} cannot be read ({error.strerror})") from error
    blocks = [_BEGIN + part.split(_END)[0] + _END for part in text.split(_BEGIN)[1:]]
    if not blocks:
        raise SettingsError(f"certificate {file}: no certificate in it; use a PEM file, which has a line {_BEGIN}")
    try:
        return [facts_of(ssl.PEM_cert_to_DER_cert(block)) for block in blocks]
    except ValueError as error:
        raise SettingsError(f"certificate {file} is damaged ({error}); have it issued again") from error


def facts_of(der: bytes) -> CertificateFacts:
    """Return the facts of one certificate.

    Raises
    ------
    ValueError
        When it is no certificate.
    """
    (tag, certificate), *_ = _elements(der)
    (_, signed), *_ = _elements(certificate) if tag == _SEQUENCE else [(tag, b"")]
    fields = list(_elements(signed))
    if fields and fields[0][0] == _VERSION:
        del fields[0]
    if len(fields) < 5:  # serial number, algorithm, issuer, validity, subject
        raise ValueError("not a certificate")
    not_before, not_after = (_time(tag, text) for tag, text in _elements(fields[3][1]))
    return CertificateFacts(_common_name(fields[4][1]), not_before, not_after)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of the elements that lie one after the other in DER."""
    while data:
        if len(data) < 2:
            raise ValueError("cut short")
        tag, length, start = data[0], data[1], 2
        if length >= 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start])
        if len(data) < start + length:
            raise ValueError("cut short")
        yield tag, data[start : start + length]
        data = data[start + length :]


def _time(tag: int, text: bytes) -> datetime:
    if tag not in _TIME_FORMS:
        raise ValueError(f"no time but an element of type {tag}")
    time = datetime.strptime(text.decode("ascii"), _TIME_FORMS[tag]).replace(tzinfo=UTC)
    return time.replace(year=time.year - 100) if tag == _UTC_TIME and time.year >= _PIVOT else time


def _common_name(name: bytes) -> str:
    """Return the last common name of a distinguished name, as Mosquitto takes it; empty when there is none."""
    found = ""
    for _, attributes in _elements(name):
        for _, attribute in _elements(attributes):
            if attribute.startswith(_COMMON_NAME):
                (_, text), *_ = _elements(attribute[len(_COMMON_NAME) :])
                found = text.decode("utf-8", errors="replace")
    return found
