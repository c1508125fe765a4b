"""What holds of the ledger whatever the meter does and however it is read."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from meterproof_mv.ledger import Counter, LedgerRules, build_intervals
from meterproof_mv.ledger.line import follow
from meterproof_mv.ledger.samples import usable_samples

STEP = 900_000
RULES = LedgerRules()
METER = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=1e5)
MODULUS = 10**7
ROLLING = Counter(scale=0.001, modulus=MODULUS, resolution=1, max_rate_per_h=1e4)


@st.composite
def readings(draw, *, top=1000):
    """Draw times and registers of a meter that only counts, read at any rhythm with gaps."""
    n = draw(st.integers(2, 120))
    between = draw(st.lists(st.integers(1, 5_000_000), min_size=n, max_size=n))
    rises = draw(st.lists(st.integers(0, top), min_size=n, max_size=n))
    start = draw(st.integers(-(10**9), 10**12))
    register = draw(st.sampled_from([0, 999, 10**9, 10**12, 2**61]))
    # a rise that the elapsed time explains, so that nothing is suspicious
    rises = [min(rise, t * 20) for rise, t in zip(rises, between, strict=True)]
    t = start + np.cumsum(np.asarray(between, np.int64))
    return t, register + np.cumsum(np.asarray(rises, np.int64))


def all_good(t):
    return np.ones(len(t), dtype=bool)


@given(readings())
def test_energy_is_conserved_between_the_first_and_the_last_known_boundary(series):
    t, register = series
    rows = build_intervals(t, register, all_good(t), counter=METER).intervals
    if not len(rows):
        return
    assert (rows.start_ms[1:] == rows.end_ms[:-1]).all()
    exact = (at(t, register, rows.end_ms[-1]) - at(t, register, rows.start_ms[0])) * METER.scale
    assert abs(rows.amount.sum() - exact) <= 1e-9 * max(1.0, abs(exact))
    assert (rows.amount >= -1e-12).all()
    assert ((rows.end_ms - rows.start_ms > STEP) == rows.is_span).all()
    assert (rows.start_ms % STEP == 0).all()


def at(t, register, boundary):
    """Return the register at an instant as the interpolation line gives it, in whole counts from the first."""
    return np.interp(float(boundary - t[0]), (t - t[0]).astype(float), (register - register[0]).astype(float))


@given(st.lists(st.integers(0, 5000), min_size=10, max_size=200), st.data())
def test_the_total_is_the_same_however_the_meter_is_read(rises, data):
    register = 10**12 + np.cumsum(np.asarray(rises, np.int64))
    t = np.arange(len(register), dtype=np.int64) * (STEP // 3)
    kept = np.asarray(data.draw(st.lists(st.booleans(), min_size=len(t), max_size=len(t))))
    kept[::3] |= data.draw(st.booleans())
    rows = build_intervals(t[kept], register[kept], all_good(t[kept]), counter=METER).intervals
    for start, end, amount in zip(rows.start_ms, rows.end_ms, rows.amount, strict=True):
        if start in t[kept] and end in t[kept]:
            counted = register[t == end].item() - register[t == start].item()
            assert abs(amount - counted * METER.scale) <= 1e-9


@st.composite
def troubled(draw):
    """Draw a meter read every few minutes that rolls over, is reset, glitches and steps back."""
    n = draw(st.integers(30, 150))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.integers(30_000, 600_000, n))
    register = draw(st.sampled_from([5_000, MODULUS - 20_000])) + np.cumsum(rng.integers(1, 2000, n))
    for place in np.cumsum(rng.integers(12, 40, 12)):
        if place + 6 >= n:
            break
        kind = rng.integers(0, 4)
        if kind == 0:
            register[place:] -= register[place] - rng.integers(0, 50)
        elif kind == 1:
            register[place : place + rng.integers(1, 3)] = rng.integers(0, 2)
        elif kind == 2:
            register[place] = register[place - 1] - 2
        else:
            t[place:] += 3_000_000
    usable = rng.random(n) > 0.05
    return t[usable], register[usable] % MODULUS


PULSES = Counter(scale=0.01, modulus=2**16, resolution=1, max_rate_per_h=2000.0, never_steps_back=True)
FLOATS = Counter(scale=0.001, modulus=None, resolution=0.5, max_rate_per_h=1e4, significand_bits=24)
NAMES = ("start_ms", "end_ms", "amount", "register_start", "register_end", "is_span")


@st.composite
def anything(draw):
    """Draw a counter of some kind and a register that does all that registers do, idle hours and long holds among it."""
    counter = draw(st.sampled_from([METER, ROLLING, PULSES, FLOATS]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = int(rng.integers(20, 160))
    t = np.cumsum(rng.integers(30_000, 600_000, n))
    rise = rng.integers(0, 40 if counter is PULSES else 2000, n) * (rng.random(n) > draw(st.sampled_from([0.0, 0.5])))
    register = int(rng.choice([5_000, 60_000, 9_980_000])) + np.cumsum(rise)
    for place in np.cumsum(rng.integers(4, 40, 12)):
        if place + 6 >= n:
            break
        for _ in range(int(rng.integers(1, 3))):
            happens(int(rng.integers(0, 8)), place, t, register, rng)
    if counter.modulus is not None:
        register %= counter.modulus
    if counter is FLOATS:
        register = (register * 170).astype(np.float32).astype(np.float64)  # steps of up to 128 counts
    kept = rng.random(n) > draw(st.sampled_from([0.0, 0.05, 0.4]))
    return counter, t[kept], register[kept]


def happens(what, place, t, register, rng):
    if what == 0:
        register[place:] -= register[place] - rng.integers(0, 50)  # reset
    elif what == 1:
        register[place : place + rng.integers(1, 6)] = rng.integers(0, 2)  # zeros, for a moment or for longer
    elif what == 2:
        register[place] = register[place - 1] - 2  # step back
    elif what == 3:
        t[place:] += 3_000_000  # gap
    elif what == 4:
        register[place:] += rng.integers(10**5, 10**6)  # jump
    elif what == 5:
        register[place:] -= register[place] // 3  # replacement
    elif what == 6:
        register[place : place + 30] = register[place - 1] - rng.integers(0, 4)  # idle, held below the last value
    else:
        register[place : place + 3] += rng.integers(10**6, 10**8, 3)[: len(register) - place]  # nonsense


def same(one, other):
    assert all(getattr(one.intervals, name).tolist() == getattr(other.intervals, name).tolist() for name in NAMES)
    assert one.events == other.events
    assert one.provisional_from_ms == other.provisional_from_ms


@settings(max_examples=300)
@given(anything(), st.randoms(use_true_random=False), st.booleans())
def test_neither_order_nor_doubles_nor_unusable_samples_change_a_bit(series, rng, between):
    counter, t, register = series
    straight = build_intervals(t, register, all_good(t), counter=counter)
    rows = list(range(len(t))) + [rng.randrange(len(t)) for _ in range(9 if len(t) else 0)]
    rng.shuffle(rows)
    mixed, registers, usable = t[rows], register[rows], np.ones(len(rows), bool)
    if between:  # what is known to be bad may lie anywhere, and hold anything
        mixed, registers = np.append(mixed, t + 1), np.append(registers, register * 0)
        usable = np.append(usable, np.zeros(len(t), bool))
    same(build_intervals(mixed, registers, usable, counter=counter), straight)


def context(line, start, end, tolerance):
    """Return the first and the last instant that a part must begin and end with, as `build_intervals` says."""
    beyond = RULES.confirmations + 1
    before = int(np.searchsorted(line.t_ms, start, side="right"))
    low = max(before - beyond, 0)
    total = line.register + line.turns
    while low > 0 and line.segment[low] == line.segment[before - 1] and total[before - 1] - total[low] <= tolerance:
        low -= 1
    high = min(int(np.searchsorted(line.t_ms, end)) + beyond, len(line.t_ms)) - 1
    return line.t_ms[low], line.t_ms[high]


@settings(max_examples=1000)
@given(anything(), st.data())
def test_a_part_with_its_neighbours_gives_what_the_whole_gives(series, data):
    counter, t, register = series
    whole = build_intervals(t, register, all_good(t), counter=counter)
    rows = whole.intervals
    if not len(rows):
        return
    first = data.draw(st.integers(0, len(rows) - 1))
    last = data.draw(st.integers(first, len(rows) - 1))
    start, end = rows.start_ms[first], rows.end_ms[last]
    line = follow(usable_samples(t, register, all_good(t)), counter, RULES)
    tolerance = RULES.step_back_resolutions * counter.steps_at(register).max()
    low, high = context(line, start, end, tolerance)
    seen = (t >= low) & (t <= high)
    part = build_intervals(t[seen], register[seen], all_good(t[seen]), counter=counter)
    inside = (part.intervals.start_ms >= start) & (part.intervals.end_ms <= end)
    wanted = slice(first, last + 1)
    for name in NAMES:
        assert getattr(part.intervals, name)[inside].tolist() == getattr(rows, name)[wanted].tolist()
    events = [event for event in part.events if start <= event.t_ms < end]
    assert events == [event for event in whole.events if start <= event.t_ms < end]


@given(readings(), st.sampled_from([2**53, 2**60, 2**62 + 2**61]))
def test_a_whole_register_is_exact_up_to_63_bits(series, high):
    t, register = series
    low = register - register[0]
    near_zero = build_intervals(t, low, all_good(t), counter=METER)
    far_up = build_intervals(t, low + high, all_good(t), counter=METER)
    assert far_up.intervals.amount.tolist() == near_zero.intervals.amount.tolist()
    top = build_intervals(t, low - low[-1] + (2**63 - 1), all_good(t), counter=METER)
    assert top.intervals.amount.tolist() == near_zero.intervals.amount.tolist()
    unsigned = build_intervals(t, (low + high).astype(np.uint64), all_good(t), counter=METER)
    same(unsigned, far_up)


@given(anything())
def test_what_breaks_the_line_is_never_counted(series):
    counter, t, register = series
    result = build_intervals(t, register, all_good(t), counter=counter)
    rows = result.intervals
    for event in result.events:
        if event.code in {"reset", "replacement", "jump"}:
            across = (rows.start_ms < event.t_ms) & (rows.end_ms > event.data["before_ms"])
            inside = (rows.start_ms >= event.t_ms) | (rows.end_ms <= event.data["before_ms"])
            assert not (across & ~inside).any()


@given(anything())
def test_no_interval_of_any_counter_is_ever_negative_or_overlaps_another(series):
    counter, t, register = series
    rows = build_intervals(t, register, all_good(t), counter=counter).intervals
    assert (rows.amount >= 0).all()
    assert (rows.start_ms[1:] >= rows.end_ms[:-1]).all()


@given(troubled())
def test_no_interval_is_ever_negative_or_faster_than_the_limit(series):
    t, register = series
    rows = build_intervals(t, register, all_good(t), counter=ROLLING).intervals
    hours = (rows.end_ms - rows.start_ms) / 3_600_000
    assert (rows.amount >= -1e-9).all()
    assert (rows.amount <= hours * ROLLING.max_rate_per_h + 1).all()
    assert (rows.start_ms[1:] >= rows.end_ms[:-1]).all()


@given(troubled())
def test_computing_twice_is_computing_once(series):
    t, register = series
    one = build_intervals(t, register, all_good(t), counter=ROLLING)
    two = build_intervals(t, register, all_good(t), counter=ROLLING)
    assert one.intervals.amount.tolist() == two.intervals.amount.tolist()
    assert one.events == two.events


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(-5, 10**9)), max_size=60))
def test_nonsense_never_breaks_it(pairs):
    t = [pair[0] for pair in pairs]
    register = [pair[1] for pair in pairs]
    rows = build_intervals(t, register, [True] * len(t), counter=ROLLING).intervals
    assert (rows.end_ms > rows.start_ms).all()
    assert (rows.amount >= -1e-9).all()


@given(readings(), st.integers(1, 3))
def test_what_no_interval_holds_is_told_as_unbracketed(series, every):
    t, register = series[0][::every], series[1][::every]
    result = build_intervals(t, register, all_good(t), counter=METER)
    told = [event for event in result.events if event.code == "unbracketed"]
    if len(result.intervals) or t[-1] - t[0] < STEP:
        assert told == []
    elif told:  # with one known boundary the next one is still awaited
        assert told[0].data["counts"] == register[-1] - register[0]
        assert (told[0].data["start_ms"], told[0].data["end_ms"]) == (t[0], t[-1])
