"""The ledger: raw samples of cumulative registers into 15-minute intervals, alone and from store to store."""

import time
import zlib

import bench_ledger_store
import numpy as np

from meterproof_mv.ledger import Counter, LedgerRules, build_intervals

SAMPLES = 4_000_000
POLL_MS = 5_000
BUDGET = 2_000_000
ROUNDS = 5
METER = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=1000.0)
STEP = LedgerRules().interval_ms


def samples(*, poll_ms: int, troubled: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    t = np.arange(SAMPLES, dtype=np.int64) * poll_ms + 1234
    register = np.cumsum(rng.integers(0, poll_ms // 20, SAMPLES)) + 10**12
    usable = np.ones(SAMPLES, dtype=bool)
    if troubled:
        places = np.arange(1000, SAMPLES, 1000)
        register[places] = 0
        usable[rng.integers(0, SAMPLES, SAMPLES // 100)] = False
    return t, register, usable


def best(work) -> tuple[float, object]:
    result, seconds = None, float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = work()
        seconds = min(seconds, time.perf_counter() - start)
    return seconds, result


def bare(t: np.ndarray, register: np.ndarray) -> np.ndarray:
    """Interpolate and subtract without looking at the data: the least that any ledger has to do."""
    np.diff(register)
    grid = np.arange(-(-t[0] // STEP), t[-1] // STEP + 1) * STEP
    return np.diff(np.interp(grid, t, register - register[0]))


def measure(*, poll_ms: int, troubled: bool) -> dict[str, object]:
    t, register, usable = samples(poll_ms=poll_ms, troubled=troubled)
    seconds, result = best(lambda: build_intervals(t, register, usable, counter=METER))
    peer, _ = best(lambda: bare(t, register))
    rows = result.intervals
    how = "1 glitch in 1,000 and 1 % missing" if troubled else "undisturbed"
    return {
        "what": f"ledger, a sample every {poll_ms // 1000} s, {how}; {SAMPLES / seconds / (SAMPLES / peer):.2f} of a bare "
        f"diff + interp ({SAMPLES / peer / 1e6:,.0f} M/s), {len(result.events):,} events",
        "per_second": SAMPLES / seconds,
        "unit": "samples/s",
        "ratio": SAMPLES / seconds / BUDGET,
        "to": "budget of 2 M samples/s",
        "rows": len(rows),
        "keys": len(np.unique(rows.start_ms)),
        "checksum": f"{zlib.crc32(np.round(rows.amount, 6).tobytes()):08x}, {rows.amount.sum():,.3f} kWh",
    }


def run() -> list[dict[str, object]]:
    return [
        measure(poll_ms=POLL_MS, troubled=False),
        measure(poll_ms=300_000, troubled=False),
        measure(poll_ms=POLL_MS, troubled=True),
        *bench_ledger_store.run(),
    ]


def main() -> None:
    for line in run():
        print(line)


if __name__ == "__main__":
    main()
