"""Which registers are read together: as few seconds on the wire as possible, and never over a known hole.

Neighbours share a request as long as reading the gap between them costs less than asking again. The best cut is found
exactly, by dynamic programming over the sorted registers, so planning always ends. What a device refuses is learned by
halving the block (`split_block`) and kept as a value (`LearnedHoles`) that the next plan respects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from meterproof_core.errors import SettingsError
from meterproof_edge.registers import Register

MAX_WORDS = 125  # Modbus application protocol V1.1b3, 6.3 and 6.4: 250 data bytes in an answer
WIDEST_REGISTER = 4  # words of a 64-bit register


@dataclass(frozen=True, slots=True)
class WireCost:
    """What time a request takes on the wire.

    Parameters
    ----------
    request_s : float
        Share that does not depend on the length: both frames' heads, silence, turn-round [s].
    word_s : float
        One more word in the answer [s].
    """

    request_s: float
    word_s: float

    @classmethod
    def tcp(cls, round_trip_s: float = 0.002, megabit_s: float = 10.0) -> "WireCost":
        """Return the cost on Modbus TCP: a round trip, and two bytes a word."""
        return cls(round_trip_s, 16 / (megabit_s * 1e6))

    @classmethod
    def rtu(cls, baud: int, turn_round_s: float = 0.05) -> "WireCost":
        """Return the cost on a serial line: 11 bits a character, 8 bytes asked, 5 around the data, silence twice."""
        character_s = 11 / baud
        silence_s = 3.5 * character_s if baud <= 19200 else 0.00175  # Modbus over serial line V1.02, 2.5.1.1
        return cls(13 * character_s + 2 * silence_s + turn_round_s, 2 * character_s)


@dataclass(frozen=True, slots=True)
class Block:
    """One request.

    Parameters
    ----------
    function : int
        Function code.
    start : int
        First PDU address.
    count : int
        Words asked for.
    registers : tuple of Register
        What it holds, by rising address.
    """

    function: int
    start: int
    count: int
    registers: tuple[Register, ...]


@dataclass(frozen=True, slots=True)
class LearnedHoles:
    """What a device refused, remembered from poll to poll.

    Parameters
    ----------
    gaps : frozenset of (function, address)
        Words that must not be read over.
    refused : frozenset of (function, address)
        Registers that were refused even alone, by their first address.
    max_registers : int
        Longest request that it may get [words].
    """

    gaps: frozenset[tuple[int, int]] = frozenset()
    refused: frozenset[tuple[int, int]] = frozenset()
    max_registers: int = MAX_WORDS

    def both_halves_answered(self, block: Block) -> "LearnedHoles":
        """Return what is known when a block was refused but both its halves were answered.

        The fault is then what only the whole block had: the gap between the halves, or, without one, its length. A half
        that had to be parted itself has not answered.
        """
        left, right = split_block(block)
        gap = range(left.start + left.count, right.start)
        if gap:
            return replace(self, gaps=self.gaps | {(block.function, address) for address in gap})
        longest = max(left.count, right.count, WIDEST_REGISTER)
        return replace(self, max_registers=min(self.max_registers, longest))

    def refused_alone(self, block: Block) -> "LearnedHoles":
        """Return what is known when a block that cannot be split was refused: its words are a hole for all others."""
        words = {(block.function, address) for address in range(block.start, block.start + block.count)}
        registers = {(register.function, register.address) for register in block.registers}
        return replace(self, gaps=self.gaps | words, refused=self.refused | registers)

    def is_refused(self, register: Register) -> bool:
        """Return whether a register was refused alone."""
        return (register.function, register.address) in self.refused


NO_HOLES = LearnedHoles()


def plan_reads(
    registers: Sequence[Register], max_registers: int, cost: WireCost, holes: LearnedHoles = NO_HOLES
) -> tuple[Block, ...]:
    """Return the requests that read the registers in the least time on the wire.

    Every register lies whole in exactly one block of its function. A register that was refused is asked for alone, so
    that it costs no other one; an optional one is then left out.

    Parameters
    ----------
    registers : sequence of Register
        What is to be read, in any order; two share words only as the same number, as every checked map has it.
    max_registers : int
        Longest request of the meter model [words].
    cost : WireCost
        Time on the wire.
    holes : LearnedHoles
        What the device refused so far.

    Raises
    ------
    SettingsError
        When a register is wider than the longest request.
    """
    longest = min(max_registers, holes.max_registers)
    for register in registers:
        if register.type.words > longest:
            raise SettingsError(
                f"register {register.quantity} needs {register.type.words} words; max_registers {longest} is too small"
            )
    alone = [_block((register,)) for register in registers if holes.is_refused(register) and not register.optional]
    asked = sorted(
        (register for register in registers if not holes.is_refused(register)),
        key=lambda register: (register.function, register.address, register.end),
    )
    shared: list[Block] = []
    for _, same in groupby(asked, key=lambda register: register.function):
        shared += _cheapest(list(same), longest, cost, holes.gaps)
    return tuple(sorted(shared + alone, key=lambda block: (block.function, block.start)))


def split_block(block: Block) -> tuple[Block, Block]:
    """Return the two halves of a refused block, cut at its widest gap, the likeliest hole, or else near its middle.

    Raises
    ------
    ValueError
        When it holds fewer than two registers that can be parted; look at `can_split` first.
    """
    cuts = _cuts(block)
    if not cuts:
        raise ValueError(f"block at {block.start} cannot be split; it holds {len(block.registers)} register(s)")
    middle = block.start + block.count / 2
    halves = [(_block(block.registers[:cut]), _block(block.registers[cut:])) for cut in cuts]
    return min(halves, key=lambda pair: (pair[0].start + pair[0].count - pair[1].start, abs(pair[1].start - middle)))


def can_split(block: Block) -> bool:
    """Return whether a block holds registers that can be asked for apart."""
    return bool(_cuts(block))


def _cuts(block: Block) -> list[int]:
    """Return the indices before which a cut parts the words, too; aliases of one address stay together."""
    pairs = pairwise(block.registers)
    return [index for index, (left, right) in enumerate(pairs, start=1) if left.end <= right.address]


def _block(registers: Sequence[Register]) -> Block:
    first, last = registers[0], registers[-1]
    return Block(first.function, first.address, last.end - first.address, tuple(registers))


def _cheapest(ordered: list[Register], longest: int, cost: WireCost, gaps: frozenset[tuple[int, int]]) -> list[Block]:
    """Return the cut of one function's sorted registers that takes the least time."""
    best_s, cut = [0.0], [0]
    for last in range(len(ordered)):
        options = (
            (best_s[first] + cost.request_s + words * cost.word_s, first)
            for first, words in _spans_ending_at(ordered, last, longest, gaps)
        )
        seconds, first = min(options)
        best_s.append(seconds)
        cut.append(first)
    blocks, behind = [], len(ordered)
    while behind:
        blocks.append(_block(ordered[cut[behind] : behind]))
        behind = cut[behind]
    return blocks


def _spans_ending_at(
    ordered: list[Register], last: int, longest: int, gaps: frozenset[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield (first, words) of every request that may end with register `last`, the shortest first."""
    for first in range(last, -1, -1):
        register = ordered[first]
        words = ordered[last].end - register.address
        if words > longest:
            return
        if first < last and any(
            (register.function, at) in gaps for at in range(register.end, ordered[first + 1].address)
        ):
            return
        yield first, words
