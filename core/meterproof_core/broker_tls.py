"""TLS to a broker: whom we trust, what we show, and what to say when that fails. For edge and collector alike.

The server's name is always checked and there is no switch to leave that out. Files are read anew for each connection,
so that a certificate which was renewed on disk is the one that is shown next.
"""

import ssl
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from meterproof_core.broker_address import BrokerAddress
from meterproof_core.certificate import read_certificates
from meterproof_core.errors import SettingsError

_SOON = timedelta(days=30)
_X509_NOT_YET_VALID, _X509_EXPIRED, _X509_OTHER_NAME, _X509_OTHER_ADDRESS = 9, 10, 62, 64  # OpenSSL, x509_vfy.h


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of a connection over TLS, all in PEM.

    Parameters
    ----------
    ca_file : Path or None
        Certificates of the authorities that may sign the broker's; None takes the machine's own list.
    cert_file, key_file : Path or None
        Our certificate, with those between it and the authority, and its key; both or neither.
    """

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if (self.cert_file is None) != (self.key_file is None):
            has, lacks = ("cert_file", "key_file") if self.cert_file else ("key_file", "cert_file")
            raise SettingsError(f"broker: {has} {getattr(self, has)} without {lacks}; give both or neither")


def tls_for(address: BrokerAddress, files: TlsFiles | None) -> TlsFiles | None:
    """Return the files with which an address is reached; None when that is in the clear.

    Raises
    ------
    SettingsError
        When files are given for a connection that would not use them.
    """
    if not address.tls and files is not None and files != TlsFiles():
        raise SettingsError(f"broker mqtt://{address}: certificates are given but not used; use mqtts:// for TLS")
    return (files or TlsFiles()) if address.tls else None


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what makes a connection with these files, as they lie on disk now: TLS 1.2 or later, name checked.

    Raises
    ------
    SettingsError
        Naming the file and what is wrong with it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.ca_file is None:
        context.load_default_certs()
    else:
        _see("ca_file", files.ca_file)
        try:
            context.load_verify_locations(cafile=files.ca_file)
        except ssl.SSLError as error:
            raise SettingsError(
                f"broker: ca_file {files.ca_file} holds no certificate that can be used ({error.reason}); use PEM"
            ) from error
    if files.cert_file is not None and files.key_file is not None:
        _load_own(context, files.cert_file, files.key_file)
    return context


def tls_warnings(files: TlsFiles, now: datetime) -> list[str]:
    """Return what is doubtful about files that can be read: dates, and who else may read the key.

    Parameters
    ----------
    files : TlsFiles
        Files that `tls_context` accepts.
    now : datetime
        The machine's time, aware.
    """
    found: list[str] = []
    for what, file in (("ca_file", files.ca_file), ("cert_file", files.cert_file)):
        if file is not None:
            found += _dates(what, file, now)
    if files.key_file is not None and files.key_file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        mode = stat.filemode(files.key_file.stat().st_mode)
        found.append(f"broker: key_file {files.key_file} can be read by others ({mode}); use chmod 600")
    return found


def tls_failure(error: ssl.SSLError, address: BrokerAddress, now: datetime) -> str:
    """Return what a failed handshake means to whoever has to mend it."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS fails: {error.reason or error}"
    why = error.verify_message
    if error.verify_code == _X509_NOT_YET_VALID:
        why = f"it is not valid yet by this machine's clock, which shows {now:%Y-%m-%d %H:%M} UTC: set the clock"
    elif error.verify_code == _X509_EXPIRED:
        why = f"it has expired by this machine's clock, which shows {now:%Y-%m-%d %H:%M} UTC"
    elif error.verify_code in {_X509_OTHER_NAME, _X509_OTHER_ADDRESS}:
        why = f"it is not made out to {address.host}"
    return f"the broker's certificate is not accepted: {why}"


def _load_own(context: ssl.SSLContext, cert_file: Path, key_file: Path) -> None:
    def refuse() -> str:
        raise SettingsError(f"broker: key_file {key_file} is encrypted; a service has nobody to ask: give a plain one")

    _see("cert_file", cert_file)
    _see("key_file", key_file)
    try:
        context.load_cert_chain(cert_file, key_file, password=refuse)
    except ssl.SSLError as error:
        raise SettingsError(f"broker: {_unloadable(error, cert_file, key_file)}") from error


def _unloadable(error: ssl.SSLError, cert_file: Path, key_file: Path) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"key_file {key_file} is not the key of cert_file {cert_file}; give the pair that belongs together"
    try:
        read_certificates(cert_file)
    except SettingsError as damage:
        return f"cert_file: {damage}"
    return f"key_file {key_file} holds no key that can be used ({error.reason or 'no PEM'}); use PEM"


def _see(what: str, file: Path) -> None:
    try:
        with file.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise SettingsError(f"broker: {what} {file} cannot be read ({error.strerror})") from error


def _dates(what: str, file: Path, now: datetime) -> Iterator[str]:
    for one in read_certificates(file):
        name = f"broker: {what} {file}: certificate {one.common_name!r}"
        if now < one.not_before:
            yield (
                f"{name} is valid from {one.not_before:%Y-%m-%d} on and the clock shows {now:%Y-%m-%d}: "
                "set the clock, or have it issued again"
            )
        elif now >= one.not_after:
            yield f"{name} expired on {one.not_after:%Y-%m-%d}; have it renewed"
        elif now >= one.not_after - _SOON:
            yield f"{name} expires on {one.not_after:%Y-%m-%d}; have it renewed"
