"""Vega outside the browser: the JavaScript that browsers load from us, and charts as SVG for paper and no-script.

The library behind it takes 169 MB of memory once loaded, so it is loaded on first use; the JavaScript is made once and
may be kept in a folder, so that a restart does not load it at all.
"""

import gzip
import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

VEGA_LITE = "6.4"
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


class Drawing:
    """Draws charts and hands out the JavaScript that draws them.

    Parameters
    ----------
    cache_dir : Path or None
        Folder that keeps the JavaScript over restarts; made when it is not there.
    """

    def __init__(self, cache_dir: Path | None = None) -> None:
        self._cache_dir = cache_dir
        self._bundle: bytes | None = None
        self._lock = Lock()

    @property
    def bundle_tag(self) -> str:
        """A short name of the JavaScript's version, for addresses that may be cached for good."""
        return hashlib.sha256(f"{version('vl-convert-python')} {VEGA_LITE}".encode()).hexdigest()[:12]

    def bundle_gz(self) -> bytes:
        """Return the JavaScript that gives `vegaEmbed`, gzipped."""
        with self._lock:
            if self._bundle is None:
                self._bundle = self._kept_bundle() or self._new_bundle()
            return self._bundle

    def svg(self, spec: Mapping[str, Any]) -> str:
        """Return a Vega-Lite chart as an SVG text."""
        import vl_convert  # 169 MB of memory, only when a chart is drawn here

        return str(vl_convert.vegalite_to_svg(dict(spec), vl_version=VEGA_LITE))

    def _kept_bundle(self) -> bytes | None:
        kept = self._bundle_file()
        return kept.read_bytes() if kept is not None and kept.is_file() else None

    def _new_bundle(self) -> bytes:
        import vl_convert  # 169 MB of memory, only when no kept bundle is there

        bundle = gzip.compress(vl_convert.javascript_bundle(_SNIPPET, VEGA_LITE).encode(), mtime=0)
        kept = self._bundle_file()
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            whole = kept.with_suffix(".part")
            whole.write_bytes(bundle)
            whole.replace(kept)
        return bundle

    def _bundle_file(self) -> Path | None:
        return None if self._cache_dir is None else self._cache_dir / f"vega-{self.bundle_tag}.js.gz"
