"""The peers of the collector's benchmarks: the same rows by bare loaders that check nothing and answer nobody."""

import http.client
import time
from pathlib import Path

import duckdb
import numpy as np
from collector_load import GAUGES, PLANT, POINTS, ROWS, VALUES, Load

_BARE_DATABASE = "bare"


def bare_duckdb(folder: Path, load: Load, messages: int, lot: int) -> float:
    """Return the values a second of numpy arrays appended by bare statements, committed a lot at a time."""
    names = [f"v{index}" for index in range(len(GAUGES))]
    lots = [_arrays(load, range(first, min(first + lot, messages)), names) for first in range(0, messages, lot)]
    connection = duckdb.connect(str(folder / "bare.duckdb"))
    columns = ", ".join(f"{name} DOUBLE" for name in names)
    connection.execute(f"CREATE TABLE readings (p BIGINT, t BIGINT, {columns})")
    start = time.perf_counter()
    for rows in lots:  # noqa: B007 - the statement reads it
        connection.execute("BEGIN")
        connection.execute("INSERT INTO readings SELECT * FROM rows")
        connection.execute("COMMIT")
    rate = messages * VALUES / (time.perf_counter() - start)
    connection.close()
    return rate


def _arrays(load: Load, seqs: range, names: list[str]) -> dict[str, np.ndarray]:
    found = {
        "p": np.repeat([seq % POINTS for seq in seqs], ROWS),
        "t": np.concatenate([load.instants(s) for s in seqs]),
    }
    gauges = [load.gauges(seq) for seq in seqs]
    found |= {name: np.concatenate([one[index] for one in gauges]) for index, name in enumerate(names)}
    return found


def bare_influxdb(server, load: Load, messages: int, lot: int) -> float:
    """Return the values a second of ready line protocol posted to a server, a lot a request."""
    bodies = [
        "\n".join(line for seq in range(first, min(first + lot, messages)) for line in _lines(load, seq)).encode()
        for first in range(0, messages, lot)
    ]
    server.query(f'CREATE DATABASE "{_BARE_DATABASE}"')
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    start = time.perf_counter()
    for body in bodies:
        connection.request("POST", f"/write?db={_BARE_DATABASE}&precision=ms", body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status
    rate = messages * VALUES / (time.perf_counter() - start)
    connection.close()
    server.query(f'DROP DATABASE "{_BARE_DATABASE}"')
    return rate


def _lines(load: Load, seq: int) -> list[str]:
    head = f"readings,plant={PLANT},point=p{seq % POINTS} "
    columns = [[f"{name}={value!r}" for value in column] for name, column in zip(GAUGES, load.gauges(seq), strict=True)]
    return [f"{head}{','.join(fields)} {t}" for t, *fields in zip(load.instants(seq), *columns, strict=True)]
