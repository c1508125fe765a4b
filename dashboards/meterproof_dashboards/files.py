"""Every file that is built, and whether what stands in a folder is what would be built."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meterproof_core.errors import SettingsError
from meterproof_dashboards.dashboard import Dashboard
from meterproof_dashboards.gateway_health import gateway_health
from meterproof_dashboards.meter_detail import meter_detail
from meterproof_dashboards.plant_overview import plant_overview
from meterproof_dashboards.provisioning import CONTAINERS, DEBIAN

FOLDER = "grafana"


def dashboards(time_zone: str = "UTC") -> Sequence[Dashboard]:
    """Return every dashboard.

    Parameters
    ----------
    time_zone : str
        IANA name of the plant's time zone that is chosen to begin with.

    Raises
    ------
    SettingsError
        When there is no such time zone.
    """
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"time zone {time_zone!r} unknown; an IANA name such as Asia/Kathmandu is accepted"
        ) from None
    return (plant_overview(time_zone), meter_detail(time_zone), gateway_health())


def built(time_zone: str = "UTC") -> Mapping[str, str]:
    """Return the text of every file by its path, the same for every run."""
    texts = {f"{FOLDER}/{dashboard.uid}.json": dashboard.as_text() for dashboard in dashboards(time_zone)}
    for provisioning in (CONTAINERS, DEBIAN):
        texts |= provisioning.files()
    return texts


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files below a folder.

    Raises
    ------
    SettingsError
        When a file cannot be written.
    """
    for name, text in texts.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"{path}: cannot be written ({error.strerror})") from None


def differing(folder: Path, texts: Mapping[str, str]) -> Sequence[str]:
    """Return the files that are missing, differ, or are dashboards that nobody builds, sorted."""
    stale = {name for name, text in texts.items() if _standing(folder / name) != text}
    unknown = {f"{FOLDER}/{path.name}" for path in (folder / FOLDER).glob("*.json")} - texts.keys()
    return sorted(stale | unknown)


def _standing(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
