from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.errors import SettingsError
from meterproof_edge.plan import (
    MAX_WORDS,
    NO_HOLES,
    WIDEST_REGISTER,
    Block,
    LearnedHoles,
    WireCost,
    can_split,
    plan_reads,
    split_block,
)
from meterproof_edge.registers import Register, RegisterType

TCP = WireCost.tcp()
SLOW_LINE = WireCost.rtu(1200, turn_round_s=0.0)


def register(address, kind="f32", function=3, *, optional=False):
    return Register(f"q{function}_{address}", function, address, RegisterType(kind), "V", optional=optional)


def spans(blocks):
    return [(block.function, block.start, block.count) for block in blocks]


@st.composite
def register_sets(draw):
    """Draw registers of both functions without overlap, in any order."""
    found = []
    for function in (3, 4):
        address = draw(st.integers(0, 50))
        for _ in range(draw(st.integers(0, 12))):
            kind = draw(st.sampled_from(RegisterType))
            found.append(register(address, kind, function, optional=draw(st.booleans())))
            address += kind.words + draw(st.integers(0, 30))
    return draw(st.permutations(found))


holes_of = st.builds(
    LearnedHoles,
    gaps=st.frozensets(st.tuples(st.sampled_from([3, 4]), st.integers(0, 300)), max_size=20),
    refused=st.frozensets(st.tuples(st.sampled_from([3, 4]), st.integers(0, 100)), max_size=5),
    max_registers=st.integers(WIDEST_REGISTER, MAX_WORDS),
)
costs = st.builds(WireCost, st.floats(0, 1), st.floats(0, 0.1))


def test_nothing_to_read_needs_no_request():
    assert plan_reads([], 125, TCP) == ()


def test_one_register_is_one_request():
    assert spans(plan_reads([register(72)], 125, TCP)) == [(3, 72, 2)]


def test_neighbours_share_a_request():
    assert spans(plan_reads([register(2), register(0), register(4)], 125, TCP)) == [(3, 0, 6)]


def test_two_functions_never_share_a_request():
    assert spans(plan_reads([register(0), register(2, function=4)], 125, TCP)) == [(3, 0, 2), (4, 2, 2)]


def test_a_gap_is_read_over_when_that_is_quicker_than_asking_again():
    far = [register(0), register(100)]
    assert spans(plan_reads(far, 125, TCP)) == [(3, 0, 102)]
    assert spans(plan_reads(far, 125, SLOW_LINE)) == [(3, 0, 2), (3, 100, 2)]


def test_on_a_serial_line_the_break_even_gap_is_the_one_that_the_frames_give():
    # 9600 Bd: a request more costs 13 + 2 x 3.5 = 20 characters, a word 2: ten words of gap cost the same.
    cost = WireCost.rtu(9600, turn_round_s=0.0)
    assert cost.request_s == pytest.approx(20 * 11 / 9600)
    assert cost.word_s == pytest.approx(2 * 11 / 9600)
    assert len(plan_reads([register(0), register(2 + 9)], 125, cost)) == 1
    assert len(plan_reads([register(0), register(2 + 11)], 125, cost)) == 2


def test_above_19200_baud_the_silence_no_longer_shrinks():
    assert WireCost.rtu(115200, turn_round_s=0.0).request_s == pytest.approx(13 * 11 / 115200 + 0.0035)


def test_a_request_ends_at_the_models_maximum():
    forty_floats = [register(2 * at) for at in range(40)]
    assert spans(plan_reads(forty_floats, 80, TCP)) == [(3, 0, 80)]
    counts = [block.count for block in plan_reads(forty_floats, 64, TCP)]
    assert (len(counts), sum(counts)) == (2, 80)
    assert max(counts) <= 64


def test_a_cut_is_placed_where_it_saves_most_not_where_the_first_request_is_full():
    # Greedy filling from the left would ask 0..9 with its gap of 6, and then 10..19.
    registers = [register(0), register(8), register(10), register(16)]
    assert spans(plan_reads(registers, 10, WireCost(1.0, 0.01))) == [(3, 0, 2), (3, 8, 10)]


def test_a_register_wider_than_the_longest_request_is_refused():
    with pytest.raises(SettingsError, match="register q3_0 needs 4 words; max_registers 3 is too small"):
        plan_reads([register(0, "i64")], 3, TCP)


def test_a_known_hole_is_not_read_over():
    far = [register(0), register(10), register(20)]
    holes = LearnedHoles(gaps=frozenset({(3, 5)}))
    assert spans(plan_reads(far, 125, TCP, holes)) == [(3, 0, 2), (3, 10, 12)]


def test_a_hole_of_another_function_does_not_matter():
    holes = LearnedHoles(gaps=frozenset({(4, 5)}))
    assert spans(plan_reads([register(0), register(10)], 125, TCP, holes)) == [(3, 0, 12)]


def test_a_refused_register_is_asked_for_alone_and_an_optional_one_no_more():
    registers = [register(0), register(2), register(4, optional=True), register(6)]
    holes = NO_HOLES
    for refused in registers[1:3]:
        holes = holes.refused_alone(plan_reads([refused], 125, TCP)[0])
    assert holes.is_refused(registers[1])
    assert not holes.is_refused(registers[0])
    assert spans(plan_reads(registers, 125, TCP, holes)) == [(3, 0, 2), (3, 2, 2), (3, 6, 2)]


def test_a_refused_register_is_not_read_over_by_its_neighbours():
    optional = register(2, optional=True)
    holes = NO_HOLES.refused_alone(plan_reads([optional], 125, TCP)[0])
    assert spans(plan_reads([register(0), optional, register(4)], 125, TCP, holes)) == [(3, 0, 2), (3, 4, 2)]


def test_two_quantities_of_one_number_are_read_together_and_cannot_be_parted():
    block = plan_reads([register(0), register(0)], 125, TCP)[0]
    assert (block.start, block.count, len(block.registers)) == (0, 2, 2)
    assert not can_split(block)


def test_a_block_is_parted_at_its_widest_gap():
    block = plan_reads([register(at) for at in (0, 4, 6, 8, 20)], 125, TCP)[0]
    assert spans(split_block(block)) == [(3, 0, 10), (3, 20, 2)]


def test_a_block_without_a_gap_is_parted_near_its_middle():
    block = plan_reads([register(2 * at) for at in range(7)], 125, TCP)[0]
    assert spans(split_block(block)) == [(3, 0, 6), (3, 6, 8)]


def test_a_block_of_one_register_cannot_be_halved():
    block = plan_reads([register(7)], 125, TCP)[0]
    assert not can_split(block)
    with pytest.raises(ValueError, match="block at 7 cannot be split; it holds 1 register"):
        split_block(block)


def test_when_both_halves_answer_the_gap_between_them_is_the_hole():
    block = plan_reads([register(0), register(10)], 125, TCP)[0]
    assert NO_HOLES.both_halves_answered(block).gaps == {(3, at) for at in range(2, 10)}


def test_when_both_halves_answer_and_no_gap_lies_between_the_block_was_too_long():
    block = plan_reads([register(2 * at) for at in range(60)], 125, TCP)[0]
    learned = NO_HOLES.both_halves_answered(block)
    assert learned.gaps == frozenset()
    assert learned.max_registers == 60
    assert max(b.count for b in plan_reads(block.registers, 125, TCP, learned)) == 60


def test_the_longest_request_does_not_rise_again_when_a_longer_block_of_the_same_plan_was_refused():
    sixty, forty = (plan_reads([register(2 * at) for at in range(count)], 125, TCP)[0] for count in (60, 40))
    assert NO_HOLES.both_halves_answered(forty).both_halves_answered(sixty).max_registers == 40


def test_the_longest_request_never_sinks_below_the_widest_register():
    block = plan_reads([register(0, "u16"), register(1, "u16")], 125, TCP)[0]
    assert NO_HOLES.both_halves_answered(block).max_registers == WIDEST_REGISTER


@given(register_sets(), st.integers(WIDEST_REGISTER, MAX_WORDS), costs, holes_of)
def test_every_plan_holds_its_promises(registers, longest, cost, holes):
    blocks = plan_reads(registers, longest, cost, holes)
    read = [reg for block in blocks for reg in block.registers]
    wanted = [reg for reg in registers if not (reg.optional and holes.is_refused(reg))]
    assert sorted(read, key=repr) == sorted(wanted, key=repr)  # each exactly once
    for block in blocks:
        assert 0 < block.count <= min(longest, holes.max_registers)
        assert all(reg.function == block.function for reg in block.registers)
        assert all(block.start <= reg.address and reg.end <= block.start + block.count for reg in block.registers)
        if any(holes.is_refused(reg) for reg in block.registers):
            assert len(block.registers) == 1
        own = {at for reg in block.registers for at in range(reg.address, reg.end)}
        between = set(range(block.start, block.start + block.count)) - own
        assert not {(block.function, at) for at in between} & holes.gaps


def wire_time(blocks, cost):
    return sum(cost.request_s + block.count * cost.word_s for block in blocks)


def cut_plans(registers, longest):
    """Yield every way of cutting sorted registers of one function into requests."""
    for size in range(len(registers)):
        for cuts in combinations(range(1, len(registers)), size):
            edges = [0, *cuts, len(registers)]
            parts = [registers[a:b] for a, b in pairwise(edges)]
            blocks = [Block(3, part[0].address, part[-1].end - part[0].address, tuple(part)) for part in parts]
            if all(block.count <= longest for block in blocks):
                yield blocks


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6), st.integers(WIDEST_REGISTER, 40), costs)
def test_no_other_cut_takes_less_time_on_the_wire(gaps, longest, cost):
    registers, address = [], 0
    for gap in gaps:
        registers.append(register(address + gap))
        address += gap + 2
    best = min(wire_time(blocks, cost) for blocks in cut_plans(registers, longest))
    assert wire_time(plan_reads(registers, longest, cost), cost) == pytest.approx(best)


class Device:
    """Answers a read unless it touches a forbidden word or is too long; counts what it is asked."""

    def __init__(self, forbidden, longest):
        self.forbidden, self.longest, self.asked = forbidden, longest, 0

    def answers(self, block):
        self.asked += 1
        words = {(block.function, at) for at in range(block.start, block.start + block.count)}
        return block.count <= self.longest and not words & self.forbidden


def learn(device, block, holes):
    """Ask for a block, halving what is refused: what a poller does. Return whether it answered and what is known."""
    if device.answers(block):
        return True, holes
    if not can_split(block):
        return False, holes.refused_alone(block)
    left, right = split_block(block)
    left_ok, holes = learn(device, left, holes)
    right_ok, holes = learn(device, right, holes)
    return False, holes.both_halves_answered(block) if left_ok and right_ok else holes


@given(
    register_sets(),
    st.frozensets(st.tuples(st.sampled_from([3, 4]), st.integers(0, 200)), max_size=30),
    st.integers(WIDEST_REGISTER, MAX_WORDS),
)
def test_learning_ends_and_then_only_registers_that_the_device_lacks_are_refused(registers, forbidden, longest):
    device = Device(forbidden, longest)
    holes = NO_HOLES
    for _ in range(4 * len(registers) + 2):
        blocks = plan_reads(registers, MAX_WORDS, TCP, holes)
        before = holes
        for block in blocks:
            _, holes = learn(device, block, holes)
        if holes == before:
            break
    else:
        pytest.fail("learning did not end")
    for block in plan_reads(registers, MAX_WORDS, TCP, holes):
        lacks = any((reg.function, at) in forbidden for reg in block.registers for at in range(reg.address, reg.end))
        assert device.answers(block) is not lacks
        if lacks:
            assert len(block.registers) == 1
