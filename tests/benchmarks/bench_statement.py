"""The statement on paper: a PDF of a year of daily rows with its charts, cold (a new process) and warm."""

import subprocess
import sys
import time
import zlib
from pathlib import Path

from statement_worlds import assess, ceramics, document_of

from meterproof_api.paper import statement_pdf

BUDGET_S = 1.0
ROUNDS = 10
_COLD = """
import time
import bench_statement
document, rows = bench_statement.a_year()
imported = time.perf_counter()
bench_statement.statement_pdf(document, rows)
print(time.perf_counter() - imported)
"""


def a_year() -> tuple[dict, dict]:
    """Return a statement of 731 daily rows and its rows."""
    assessment = assess(ceramics())
    return document_of(assessment), {stream.stream.id: stream.rows for stream in assessment.streams}


def run() -> list[dict[str, object]]:
    document, rows = a_year()
    statement_pdf(document, rows)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        paper = statement_pdf(document, rows)
        times.append(time.perf_counter() - start)
    days = sum(len(stream.day) for stream in rows.values())
    warm = _line("warm, with three charts", sorted(times)[ROUNDS // 2], paper, days)
    return [warm, _line("the first of a process, charts' library loaded", _cold(), paper, days)]


def _cold() -> float:
    here = Path(__file__).parent
    path = f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parent)!r}]"
    done = subprocess.run([sys.executable, "-c", f"{path}\n{_COLD}"], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _line(what: str, seconds: float, paper: bytes, days: int) -> dict[str, object]:
    return {
        "what": f"statement PDF, {what}; {seconds * 1000:.0f} ms, {len(paper):,} bytes",
        "per_second": 1 / seconds,
        "unit": "PDFs/s",
        "ratio": BUDGET_S / seconds,
        "to": "budget of 1 s",
        "rows": days,
        "keys": days,
        "checksum": f"{zlib.crc32(paper):08x}",
    }
