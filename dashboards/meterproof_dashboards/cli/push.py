"""``push``: put data source and dashboards into a running Grafana."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from meterproof_core.command_line import clear_errors
from meterproof_core.errors import SettingsError
from meterproof_dashboards.data_source import DataSource
from meterproof_dashboards.files import dashboards
from meterproof_dashboards.grafana import Grafana
from meterproof_dashboards.grafana import push as push_to


def push(
    *,
    url: Annotated[str, typer.Option(help="Address of the Grafana, such as http://127.0.0.1:3000.")],
    token_file: Annotated[Path, typer.Option(help="File with a service account's token.")],
    folder: Annotated[str, typer.Option(help="Title of the folder that holds the dashboards.")] = "meterproof",
    time_zone: Annotated[str, typer.Option(help="The plant's time zone, IANA name.")] = "UTC",
    influx: Annotated[
        str | None, typer.Option(help="Address of the InfluxDB as Grafana sees it; makes or updates the data source.")
    ] = None,
    database: Annotated[str, typer.Option(help="Its database.")] = "meterproof",
    influx_token_file: Annotated[Path | None, typer.Option(help="InfluxDB 2 and 3: file with a token.")] = None,
    influx_user: Annotated[str | None, typer.Option(help="InfluxDB 1: user, with --influx-password-file.")] = None,
    influx_password_file: Annotated[Path | None, typer.Option(help="InfluxDB 1: file with the password.")] = None,
) -> None:
    """Put the dashboards, and on request their data source, into a running Grafana 11 or later.

    Doing it again changes nothing. A Grafana that reads the provisioning files needs no push.

    For example:

        meterproof dashboards push --url http://127.0.0.1:3000 --token-file grafana.token

        meterproof dashboards push --url http://127.0.0.1:3000 --token-file grafana.token
        --influx http://127.0.0.1:8086 --influx-token-file influx.token
    """
    with clear_errors():
        if (influx_user is None) != (influx_password_file is None):
            raise SettingsError("--influx-user and --influx-password-file go together; give both or neither")
        if influx is None and (influx_token_file or influx_user):
            raise SettingsError("an account of InfluxDB without --influx; give its address too")
        source = influx and DataSource(
            influx,
            database,
            token=_secret(influx_token_file),
            user=influx_user or "",
            password=_secret(influx_password_file),
        )
        with closing(Grafana(url, _secret(token_file))) as grafana:
            for thing, done in push_to(grafana, dashboards(time_zone), folder=folder, source=source or None):
                typer.echo(f"{thing}: {done}")


def _secret(path: Path | None) -> str:
    """Return the secret that a file holds; empty without a file."""
    if path is None:
        return ""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({type(error).__name__})") from None
    if not secret or not secret.isprintable():
        raise SettingsError(f"{path}: holds no secret; write it there, in one line")
    return secret
