"""The one data source of the dashboards: InfluxDB, asked in InfluxQL, whatever its generation."""

from dataclasses import dataclass

from meterproof_dashboards.panels import DATA_SOURCE_TYPE, DATA_SOURCE_UID, Json

NAME = "meterproof"


@dataclass(frozen=True, slots=True, repr=False)
class DataSource:
    """How Grafana reaches the database; never printed, because it may hold secrets.

    Parameters
    ----------
    url : str
        Address of the InfluxDB as Grafana's own server sees it.
    database : str
        Database of InfluxDB 1; the base of the DBRP mappings of 2 and of the database names of 3.
    token : str
        Of InfluxDB 2 and 3.
    user, password : str
        Of InfluxDB 1.
    """

    url: str
    database: str = "meterproof"
    token: str = ""
    user: str = ""
    password: str = ""

    def as_json(self) -> Json:
        """Return the data source as Grafana's files and its HTTP API take it."""
        settings: Json = {"dbName": self.database, "httpMode": "POST", "timeInterval": "10s"}
        shown: Json = {
            "name": NAME,
            "uid": DATA_SOURCE_UID,
            "type": DATA_SOURCE_TYPE,
            "access": "proxy",
            "url": self.url,
            "jsonData": settings,
        }
        if self.token:
            settings["httpHeaderName1"] = "Authorization"
            shown["secureJsonData"] = {"httpHeaderValue1": f"Token {self.token}"}
        elif self.user:
            shown |= {"user": self.user, "secureJsonData": {"password": self.password}}
        return shown
