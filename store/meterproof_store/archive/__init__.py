"""Backup and restore, for whichever store stands behind the ports: out of one, into another, nothing lost.

An archive is one zip file of JSON lines with a manifest. It holds the readings with their raw registers, quality and
origin, the intervals and the journal; `docs/operations.md` describes it.
"""

from meterproof_store.archive.comparing import Restored
from meterproof_store.archive.keeping import back_up, checked
from meterproof_store.archive.manifest import Manifest
from meterproof_store.archive.reading import Archive
from meterproof_store.archive.restoring import restore
from meterproof_store.archive.writing import Occasion, Ports, archive_chunks

__all__ = ["Archive", "Manifest", "Occasion", "Ports", "Restored", "archive_chunks", "back_up", "checked", "restore"]
