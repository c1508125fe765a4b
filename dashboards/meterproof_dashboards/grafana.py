"""Puts data source, folder and dashboards into a running Grafana by its HTTP API; doing it again changes nothing."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from grafana_client import GrafanaApi  # type: ignore[import-untyped] # the package ships no types
from grafana_client.client import (  # type: ignore[import-untyped]
    GrafanaClientError,
    GrafanaException,
    GrafanaUnauthorizedError,
)

from meterproof_core.errors import MeterproofError, SettingsError
from meterproof_dashboards.dashboard import OLDEST_GRAFANA, Dashboard
from meterproof_dashboards.data_source import DataSource
from meterproof_dashboards.panels import DATA_SOURCE_UID, Json

FOLDER_UID = "meterproof"
_TIMEOUT_S = 10.0
_FORBIDDEN = 403
_ABSENT = 404
_VERSION = re.compile(r"(\d+)\.(\d+)")


class GrafanaError(MeterproofError):
    """A Grafana cannot be reached, turns us away, or is too old."""


class Grafana:
    """A running Grafana.

    Parameters
    ----------
    url : str
        Its address, with the path below which it is served if there is one.
    token : str
        Of a service account with the role Admin, or Editor when the data source is there already.

    Raises
    ------
    SettingsError
        When the address is none.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = _checked(url)
        # grafana-client puts "api" right behind the path
        self._api = GrafanaApi.from_url(f"{self._url}/", credential=token, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Close the connections."""
        self._api.client.s.close()

    def check_version(self) -> str:
        """Return Grafana's version, or a word for one that it keeps to itself.

        Raises
        ------
        GrafanaError
            When it is older than the dashboards' schema, or does not answer.
        """
        with self._in_our_words("version"):
            told = self._api.health.check()
        version = str(told.get("version", "")) if isinstance(told, dict) else ""
        if not version:
            return "unknown version"
        found = _VERSION.match(version)
        if found is None or tuple(map(int, found.groups())) < OLDEST_GRAFANA:
            oldest = ".".join(map(str, OLDEST_GRAFANA))
            raise GrafanaError(f"{self._url}: Grafana {version} is too old for these dashboards; use {oldest} or later")
        return version

    def put_data_source(self, source: DataSource) -> str:
        """Make the data source, or bring it up to date, and return which of the two it was.

        Raises
        ------
        GrafanaError
            When Grafana does not take it.
        """
        with self._in_our_words(f"data source {DATA_SOURCE_UID}"):
            standing = self._found(self._api.datasource.get_datasource_by_uid, DATA_SOURCE_UID)
            if standing is None:
                self._api.datasource.create_datasource(source.as_json())
                return "made"
            if standing.get("readOnly"):
                return "left as it is: a provisioning file of that Grafana holds it"
            self._api.datasource.update_datasource_by_uid(DATA_SOURCE_UID, source.as_json())
            return "updated"

    def check_data_source(self) -> str:
        """Return a word for the data source when it is there.

        Raises
        ------
        GrafanaError
            When it is not.
        """
        with self._in_our_words(f"data source {DATA_SOURCE_UID}"):
            if self._found(self._api.datasource.get_datasource_by_uid, DATA_SOURCE_UID) is None:
                raise GrafanaError(
                    f"{self._url}: there is no data source with the uid {DATA_SOURCE_UID};"
                    " give --influx to make it, or provision it"
                )
        return "there already"

    def put_folder(self, title: str) -> str:
        """Make the folder, or give it its title, and return which of the two it was.

        Raises
        ------
        GrafanaError
            When Grafana does not take it.
        """
        with self._in_our_words(f"folder {title!r}"):
            standing = self._found(self._api.folder.get_folder, FOLDER_UID)
            if standing is None:
                self._api.folder.create_folder(title, uid=FOLDER_UID)
                return "made"
            if standing.get("title") == title:
                return "unchanged"
            self._api.folder.update_folder(FOLDER_UID, title=title, overwrite=True)
            return "renamed"

    def put_dashboard(self, dashboard: Dashboard) -> str:
        """Make the dashboard in our folder, or bring it up to date, and return what was done.

        Raises
        ------
        GrafanaError
            When Grafana does not take it.
        """
        ours = dashboard.as_json()
        with self._in_our_words(f"dashboard {dashboard.uid}"):
            standing = self._found(self._api.dashboard.get_dashboard, dashboard.uid)
            if standing is not None and _same(standing, ours):
                return "unchanged"
            wanted = {"dashboard": ours, "folderUid": FOLDER_UID, "overwrite": True, "message": "meterproof dashboards"}
            self._api.dashboard.update_dashboard(wanted)
        return "made" if standing is None else "updated"

    def _found(self, get: Callable[[str], Json], uid: str) -> Json | None:
        try:
            return get(uid)
        except GrafanaClientError as error:
            if error.status_code == _ABSENT:
                return None
            raise

    @contextmanager
    def _in_our_words(self, what: str) -> Iterator[None]:
        try:
            yield
        except GrafanaUnauthorizedError:
            raise GrafanaError(
                f"{self._url}: {what}: turned away with 401; the token is wrong or has ended,"
                " make one under Administration, Service accounts"
            ) from None
        except GrafanaException as error:
            hint = "; the service account needs the role Admin" if error.status_code == _FORBIDDEN else ""
            raise GrafanaError(f"{self._url}: {what}: {error.message}{hint}") from None
        except (OSError, ValueError) as error:  # requests' own errors are OSErrors; a page in the place of JSON is none
            raise GrafanaError(f"{self._url}: {what}: no answer of a Grafana ({type(error).__name__})") from None


def push(
    grafana: Grafana, dashboards: Sequence[Dashboard], *, folder: str, source: DataSource | None
) -> Iterator[tuple[str, str]]:
    """Put everything into a Grafana, and give word of each thing when it is done.

    Parameters
    ----------
    grafana : Grafana
        Where to.
    dashboards : sequence of Dashboard
        What.
    folder : str
        Title of the folder that holds them.
    source : DataSource or None
        The data source; None when it has to be there already.

    Yields
    ------
    tuple of (str, str)
        The thing, and what was done.

    Raises
    ------
    GrafanaError
        When Grafana cannot be reached, is too old or does not take something.
    """
    yield "Grafana", grafana.check_version()
    yield (
        f"data source {DATA_SOURCE_UID}",
        (grafana.check_data_source() if source is None else grafana.put_data_source(source)),
    )
    yield f"folder {folder}", grafana.put_folder(folder)
    for dashboard in dashboards:
        yield f"dashboard {dashboard.uid}", grafana.put_dashboard(dashboard)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(f"url {url!r} is not an address; use http://host:3000 or https://host/path")
    if parts.username or parts.password:
        raise SettingsError(f"url of {parts.hostname}: names an account; give the token by --token-file")
    return url.rstrip("/")


def _same(standing: Json, ours: Json) -> bool:
    """Return whether a dashboard stands as we would save it; Grafana counts id and version itself."""
    theirs = {name: member for name, member in standing.get("dashboard", {}).items() if name not in ("id", "version")}
    return theirs == {name: member for name, member in ours.items() if name != "version"} and (
        standing.get("meta", {}).get("folderUid") == FOLDER_UID
    )
