"""Remembers the programme while the shelf stays as it is, because adding ten thousand statements up takes a moment."""

from collections import OrderedDict
from datetime import date
from threading import Lock

from meterproof_api.programme.roll_up import Programme, programme_table
from meterproof_api.statements.shelf import Shelf, Shelved

MOST_DATES = 8


class Remembered:
    """The programme of one shelf at the dates that were asked for last."""

    def __init__(self) -> None:
        self._entries: tuple[Shelved, ...] = ()
        self._unreadable: list[tuple[str, str]] = []
        self._tables: OrderedDict[date | None, Programme] = OrderedDict()
        self._lock = Lock()

    def at(self, shelf: Shelf, cut_off: date | None) -> Programme:
        """Return the programme at a date.

        Parameters
        ----------
        shelf : Shelf
            It gives the same object for a file that has not changed.
        cut_off : date or None
            Last day that counts; None is the day of the newest statement.
        """
        entries, lost = shelf.look()
        unreadable = [(entry.path.name, entry.reason) for entry in lost]
        with self._lock:
            if unreadable != self._unreadable or not _same(entries, self._entries):
                self._entries, self._unreadable = entries, unreadable
                self._tables.clear()
            table = self._tables.get(cut_off)
            if table is None:
                table = programme_table((entry.document for entry in entries), cut_off, unreadable=unreadable)
                self._tables[cut_off] = table
                if len(self._tables) > MOST_DATES:
                    self._tables.popitem(last=False)
            return table


def _same(entries: tuple[Shelved, ...], others: tuple[Shelved, ...]) -> bool:
    return len(entries) == len(others) and all(one is other for one, other in zip(entries, others, strict=True))
