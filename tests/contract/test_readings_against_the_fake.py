"""Whatever is written, in whatever order and however often, a store answers as the fake does."""

from contract.readings_samples import KW, KWH, group, plain, query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterproof_core.memory import MemoryReadings

NAMES = (KWH, KW, "volume_m3")
POINTS = ("boiler", "chiller")
LEVELS = ("uncertain", "bad", "missing")

registers = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([0, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just([1, 2.5]),
)


@st.composite
def groups(draw):
    t = sorted(draw(st.sets(st.integers(1, 9), min_size=1, max_size=5)))
    names = draw(st.sampled_from([(KWH, KW), (KWH,), (KW, KWH, "volume_m3")]))
    value = st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(1.0))
    column = st.lists(value, min_size=len(t), max_size=len(t))
    values = {name: draw(column) for name in names}
    with_raw = draw(st.sets(st.sampled_from(names)))
    raw = {name: draw(st.lists(registers, min_size=len(t), max_size=len(t))) for name in sorted(with_raw)}
    cell = st.tuples(
        st.integers(0, len(t) - 1), st.sampled_from(names), st.sampled_from(LEVELS), st.sampled_from(["timeout", "é"])
    )
    return group(
        t,
        values,
        raw=raw,
        q=draw(st.lists(cell, max_size=4)),
        point=draw(st.sampled_from(POINTS)),
        plant=draw(st.sampled_from(["works", "mill"])),
        config=draw(st.sampled_from(["c1", "c2"])),
        seq=draw(st.integers(0, 2**63 - 1)),
    )


@st.composite
def writes(draw):
    """Draw writes of several groups; some are replayed later, whole or shuffled."""
    first = draw(st.lists(st.lists(groups(), min_size=1, max_size=5), min_size=1, max_size=5))
    again = draw(st.lists(st.sampled_from([each for write in first for each in write]), max_size=6))
    return [*first, again]


asked_names = st.lists(st.sampled_from([*NAMES, "never_seen_m3"]), min_size=1, max_size=4, unique=True)

queries = st.builds(
    lambda start, length, names, neighbours, point: query(
        start, start + length, *names, neighbours=neighbours, point=point
    ),
    st.integers(-1, 14),
    st.integers(0, 14),
    asked_names.filter(lambda names: names != [KW]),  # of gauges alone a store may give only the rows that hold them
    st.integers(0, 3),
    st.sampled_from([*POINTS, "nowhere"]),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes(), asked=st.lists(queries, min_size=1, max_size=4))
def test_a_store_answers_as_the_fake_does(open_stores, written, asked):
    fake = MemoryReadings()
    with open_stores() as stores:
        for each in written:
            stores.readings.write(each)
            fake.write(each)
            for question in [*asked, query(0, 99, *NAMES)]:
                assert plain(stores.readings.read(question)) == plain(fake.read(question))
        for plant in ("works", "mill"):
            assert list(stores.readings.extents(plant)) == list(fake.extents(plant))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes(), start=st.integers(-1, 10), length=st.integers(0, 10))
def test_a_question_for_a_gauge_alone_gives_all_that_is_held_of_it(open_stores, written, start, length):
    fake = MemoryReadings()
    question = query(start, start + length, KW)
    with open_stores() as stores:
        for each in written:
            stores.readings.write(each)
            fake.write(each)
        assert held(stores.readings.read(question)) == held(fake.read(question))


def held(columns):
    """Return what rows hold by instant: value, register and flag, without rows that hold nothing."""
    rows = plain(columns)
    flags = {row: flag for row, *flag in rows["flags"]}
    raw = rows["raw"].get(KW, [None] * len(rows["t"]))
    cells = zip(rows["t"], rows["values"][KW], raw, map(flags.get, range(len(rows["t"]))), strict=True)
    return [cell for cell in cells if any(part is not None for part in cell[1:])]
