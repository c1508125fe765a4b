"""The storage ports on InfluxDB, one adapter for every generation.

Where do I go to ...

=====================================================  ======================
speak HTTP, know the server's generation               `transport`, `server`
understand why a server refused                        `answers`
write a body of line protocol                          `roads`, `sending`
ask InfluxQL and get typed columns                     `influxql`, `asking`
see what a name becomes in the database                `schema`
turn readings into lines and back                      `lines`, `standing`, `reading`, `readings`
replace intervals without a delete                     `interval_lines`, `intervals`
keep a journal without unique keys                     `journal`, `journal_lines`
make databases, and check them                         `setting_up`, `checking`
=====================================================  ======================

Nothing outside this package imports influxdb_client or urllib3.
"""

from meterproof_store.influx.opening import InfluxStore, open_influx

__all__ = ["InfluxStore", "open_influx"]
