"""What may be wrong with a gateway's settings though they can be used: told by `check`, which opens no socket."""

from datetime import datetime

from meterproof_core.certificate import read_certificates
from meterproof_edge.configuration import EdgeSettings
from meterproof_edge.spool.place import check_place, place_doubts


def doubts(settings: EdgeSettings, now: datetime) -> list[str]:
    """Return what is doubtful about broker and spool at a time (aware), after reading every file that they name.

    Raises
    ------
    SettingsError
        When a file of the broker cannot be used or the spool cannot be written.
    """
    check_place(settings.spool.path)
    return [
        *settings.broker.doubts(now),
        *_name_doubts(settings),
        *place_doubts(settings.spool.path, settings.spool.max_mib),
    ]


def _name_doubts(settings: EdgeSettings) -> list[str]:
    """Look at the name in the certificate: by it a broker knows which topics are this gateway's."""
    files = settings.broker.tls
    if files is None or files.cert_file is None:
        return []
    wanted = f"{settings.plant}/{settings.gateway}"
    name = read_certificates(files.cert_file)[0].common_name
    if name == wanted:
        return []
    return [
        f"broker: cert_file {files.cert_file} is made out to {name!r}; a broker with our access rules lets it write "
        f"nothing of this gateway, which is {wanted!r}"
    ]
