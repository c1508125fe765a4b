"""Full rate for so many minutes: what the process' memory does, minute by minute."""

import time
from pathlib import Path

import numpy as np
from collector_load import PLANT, SHAPE, VALUES, Load, Replay

from meterproof_collector.collector import Collector
from meterproof_core.clock import SystemClock

_SETTLING = 0.25  # part of the run in which caches fill: it is printed, and left out of the slope


def soak(store: str, minutes: float, opened) -> dict[str, object]:
    """Print memory and rate every minute; return the slope of the memory behind the first quarter of the run."""
    with opened(store) as (found, _server):
        source = Replay(Load(counters=False).messages(), 1 << 62)
        collector = Collector(source, found.readings, found.intervals, found.journal, now_ms=SystemClock().now_ms)
        collector.start()
        start = time.perf_counter()
        seen = [(0.0, rss_mib(), 0)]
        step = min(60.0, minutes * 60 / 10)
        while seen[-1][0] < minutes * 60:
            source.done.wait(step)  # never set: it is the tick
            seen.append((time.perf_counter() - start, rss_mib(), collector.counts.values))
            passed, memory, values = seen[-1]
            rate = (values - seen[-2][2]) / (passed - seen[-2][0])
            print(
                f"{store}: {passed / 60:5.1f} min, {memory:6.0f} MiB, {rate:,.0f} values/s, held {collector.held}",
                flush=True,
            )
        source.stop()
        collector.stop()
        rows = sum(extent.rows for extent in found.readings.extents(PLANT))
    settled = [one for one in seen if one[0] >= _SETTLING * minutes * 60]
    slope = np.polyfit([one[0] / 60 for one in settled], [one[1] for one in settled], 1)[0]
    return {
        "what": f"collector into {store} at full rate for {minutes:g} min, {SHAPE}: memory {seen[-1][1]:.0f} MiB, "
        f"{slope:+.2f} MiB a minute",
        "per_second": seen[-1][2] / seen[-1][0],
        "unit": "values/s",
        "ratio": seen[-1][1] / settled[0][1],
        "to": "memory after a quarter of the run",
        "rows": rows,
        "keys": collector.counts.values // VALUES,
        "checksum": "-",
    }


def rss_mib() -> float:
    """Return the memory that this process has in use now [MiB]."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS in /proc/self/status")
