"""Certificates for one test: made when it runs, gone when it ends, and never committed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Papers:
    """A certificate and its key, on disk."""

    cert_file: Path
    key_file: Path


class Certificates:
    """An authority, and what it signs, in a folder; the server is called ``localhost``."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.ca_file = folder / f"{name}.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))

    def server(self, name: str = "localhost") -> Papers:
        """Return the papers of a broker."""
        return self._written(self._authority.issue_cert(name, common_name=name), f"server-{name}")

    def client(
        self,
        name: str,
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        file: str | None = None,
    ) -> Papers:
        """Return the papers of a client whose common name is `name`; it is the account at the broker."""
        issued = self._authority.issue_cert(
            "gateway.invalid", common_name=name, not_before=not_before, not_after=not_after
        )
        return self._written(issued, file or f"client-{name.replace('/', '-')}")

    def expired_client(self, name: str) -> Papers:
        """Return papers that were good once."""
        return self.client(
            name,
            not_before=datetime(2001, 1, 1, tzinfo=UTC),
            not_after=datetime(2002, 1, 1, tzinfo=UTC),
            file=f"expired-{name.replace('/', '-')}",
        )

    def listener(self, papers: Papers, *, clients: bool = True) -> tuple[str, ...]:
        """Return the lines with which a Mosquitto listener shows these papers, and asks a client for his."""
        lines = (f"cafile {self.ca_file}", f"certfile {papers.cert_file}", f"keyfile {papers.key_file}")
        asked = ("require_certificate true", "use_identity_as_username true") if clients else ()
        return (*lines, *asked)

    def _written(self, issued: trustme.LeafCert, name: str) -> Papers:
        papers = Papers(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        papers.cert_file.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        papers.key_file.touch(mode=0o600)
        papers.key_file.write_bytes(issued.private_key_pem.bytes())
        return papers
