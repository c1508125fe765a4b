"""The storage ports on DuckDB, inside one process: for a look, for one plant, for a demonstration.

A DuckDB file belongs to one process; a second one cannot even read it. Beside a running server, commands therefore go
through the server's HTTP API. Nothing outside this package imports duckdb.
"""

from meterproof_store.duckdb_store.opening import DuckStore, open_duckdb

__all__ = ["DuckStore", "open_duckdb"]
