"""The files by which a Grafana finds data source and dashboards when it starts.

Two sets: one for the composition of containers with InfluxDB 2 (or 3), one for Debian's InfluxDB 1 with Grafana beside
it. Secrets stay in files of their own, which Grafana reads (``$__file{...}``); none is ever written into these.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from meterproof_dashboards.data_source import DataSource
from meterproof_dashboards.panels import Json

FOLDER = "meterproof"


@dataclass(frozen=True, slots=True)
class Provisioning:
    """One set of provisioning files.

    Parameters
    ----------
    folder : str
        Where it stands; the whole folder becomes Grafana's ``provisioning``.
    about : str
        First line of each file.
    data_source : DataSource
        With references to files in the place of secrets.
    dashboards : str
        Folder of the dashboards' files on Grafana's machine.
    """

    folder: str
    about: str
    data_source: DataSource
    dashboards: str

    def files(self) -> Mapping[str, str]:
        """Return the texts by path."""
        sources = {"apiVersion": 1, "datasources": [{**self.data_source.as_json(), "editable": False}]}
        providers = {"apiVersion": 1, "providers": [self._provider()]}
        return {
            f"{self.folder}/datasources/meterproof.yaml": f"# {self.about}\n{as_yaml(sources)}",
            f"{self.folder}/dashboards/meterproof.yaml": f"# {self.about}\n{as_yaml(providers)}",
        }

    def _provider(self) -> Json:
        return {
            "name": "meterproof",
            "folder": FOLDER,
            "type": "file",
            "disableDeletion": True,
            "allowUiUpdates": False,
            "options": {"path": self.dashboards},
        }


def _in_file(path: str) -> str:
    """Return the words by which Grafana reads a secret from a file when it starts."""
    return f"$__file{{{path}}}"


CONTAINERS = Provisioning(
    "provisioning",
    "Built by `meterproof dashboards build`: Grafana in containers, beside InfluxDB 2 or 3 with a token.",
    DataSource("http://influxdb:8086", token=_in_file("/run/secrets/influx-token")),
    "/var/lib/meterproof/dashboards",
)
DEBIAN = Provisioning(
    "provisioning-influxdb1",
    "Built by `meterproof dashboards build`: Grafana on the machine of an InfluxDB 1 with user and password.",
    DataSource(
        "http://127.0.0.1:8086", user="grafana", password=_in_file("/etc/meterproof/secrets/grafana-influx.password")
    ),
    "/var/lib/meterproof/dashboards",
)


def as_yaml(members: Mapping[str, object], indent: str = "") -> str:
    """Return a mapping of scalars, mappings and lists of mappings as YAML, one member a line, every text quoted.

    Examples
    --------
    >>> print(as_yaml({"a": 1, "b": [{"c": "x", "d": True}]}), end="")
    a: 1
    b:
      - c: "x"
        d: true
    """
    return "".join(f"{indent}{name}:{_below(member, f'{indent}  ')}" for name, member in members.items())


def _below(value: object, indent: str) -> str:
    if isinstance(value, Mapping):
        return f"\n{as_yaml(value, indent)}"
    if isinstance(value, list):
        items = (as_yaml(item, f"{indent}  ") for item in value)
        return "\n" + "".join(f"{indent}- {item[len(indent) + 2 :]}" for item in items)
    return f" {json.dumps(value, ensure_ascii=False)}\n"
