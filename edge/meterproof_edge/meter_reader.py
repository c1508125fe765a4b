"""Reads one metering point: its read plan over its link into one sample, learning what the device refuses.

A request that fails costs its own quantities and no others. One that the device refuses as such (exception 2 or 3) is
halved until the culprit is found; what was learned shapes the next poll's plan. It is forgotten after an hour, and when
the unit was away: a meter that boots may refuse what it has.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from meterproof_edge.decode import BlockDecoder
from meterproof_edge.errors import DeviceRefusedError, LinkError, NoAnswerError
from meterproof_edge.link import RegisterLink
from meterproof_edge.plan import NO_HOLES, Block, WireCost, can_split, plan_reads, split_block
from meterproof_edge.registers import Register
from meterproof_edge.sample import Sample
from meterproof_edge.sample_draft import Missing, SampleDraft

_FORGET_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class ReadList:
    """What is read at one metering point.

    Parameters
    ----------
    point : str
        The metering point.
    registers : tuple of Register
        What is read; the sample's quantities in this order.
    max_registers : int
        Longest request of the meter model [words].
    cost : WireCost
        Time on the wire.
    """

    point: str
    registers: tuple[Register, ...]
    max_registers: int = 125
    cost: WireCost = WireCost.tcp()  # noqa: RUF009 - a frozen value


@dataclass(frozen=True, slots=True)
class _Step:
    """One request, ready to be decoded into its columns of the sample."""

    block: Block
    decoder: BlockDecoder
    columns: tuple[int, ...]


class MeterReader:
    """Reads one metering point.

    Parameters
    ----------
    read_list : ReadList
        What is read.
    link : RegisterLink
        The way to the unit.
    monotonic : callable
        A clock that never steps [s].
    """

    def __init__(
        self, read_list: ReadList, link: RegisterLink, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.point = read_list.point
        self.trouble: LinkError | None = None
        self._list = read_list
        self._link = link
        self._monotonic = monotonic
        self._learned_at_s = 0.0
        self._was_away = False
        self._quantities = tuple(register.quantity for register in read_list.registers)
        self._columns = {name: column for column, name in enumerate(self._quantities)}
        self._holes = NO_HOLES
        self._steps = self._plan()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The requests of the next poll."""
        return tuple(step.block for step in self._steps)

    async def read(self) -> Sample:
        """Return one sample; `trouble` then holds what went wrong with a part of it, or None.

        Its instant is that of the first answer that holds a counter, or else of the first: normally there is one.

        Raises
        ------
        LinkError
            When nothing at all could be read.
        """
        self.trouble = None
        self._forget_if_due()
        holes = self._holes
        draft = SampleDraft(self.point, self._quantities)
        for step in self._steps:
            await self._ask(step, draft)
        if self._holes != holes:
            self._steps, self._learned_at_s = self._plan(), self._monotonic()
        return self._finished(draft)

    def _forget_if_due(self) -> None:
        due = self._was_away or self._monotonic() - self._learned_at_s >= _FORGET_AFTER_S
        if due and self._holes != NO_HOLES:
            self._holes = NO_HOLES
            self._steps = self._plan()
        self._was_away = False

    async def _ask(self, step: _Step, draft: SampleDraft) -> bool:
        """Return whether a request was answered as a whole; takes it apart when the device refuses it."""
        block = step.block
        try:
            answer = await self._link.read(block.function, block.start, block.count)
        except DeviceRefusedError as refused:
            return await self._halve(step, refused, draft) if refused.is_hole else self._lose(step, refused, draft)
        except LinkError as error:
            return self._lose(step, error, draft)
        draft.take(step.columns, step.decoder.decode(answer.words), answer.t_ms)
        return True

    async def _halve(self, step: _Step, refused: DeviceRefusedError, draft: SampleDraft) -> bool:
        if not can_split(step.block):
            return self._refused(step, refused, draft)
        left, right = [await self._ask(self._step(half), draft) for half in split_block(step.block)]
        if left and right:
            self._holes = self._holes.both_halves_answered(step.block)
        return False

    def _refused(self, step: _Step, refused: DeviceRefusedError, draft: SampleDraft) -> bool:
        self._holes = self._holes.refused_alone(step.block)
        if all(register.optional for register in step.block.registers):
            return False  # this unit does not have it, which is no trouble
        return self._lose(step, refused, draft)

    def _lose(self, step: _Step, error: LinkError, draft: SampleDraft) -> bool:
        self.trouble = self.trouble or error
        draft.lose(step.columns, _reason(error))
        return False

    def _finished(self, draft: SampleDraft) -> Sample:
        sample = draft.sample()
        if sample is None:
            self._was_away = isinstance(self.trouble, NoAnswerError)
            raise self.trouble or LinkError(f"{self.point}: the unit has none of the registers asked for")
        return sample

    def _plan(self) -> tuple[_Step, ...]:
        chosen = self._list
        blocks = plan_reads(chosen.registers, chosen.max_registers, chosen.cost, self._holes)
        return tuple(self._step(block) for block in blocks)

    def _step(self, block: Block) -> _Step:
        columns = tuple(self._columns[register.quantity] for register in block.registers)
        return _Step(block, BlockDecoder(block.registers), columns)


def _reason(error: LinkError) -> Missing:
    if isinstance(error, DeviceRefusedError):
        return Missing.REFUSED
    return Missing.NO_ANSWER if isinstance(error, NoAnswerError) else Missing.BAD_ANSWER
