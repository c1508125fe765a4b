"""The shared language of meterproof.

This room exists so that the others can meet without knowing each other: what a quantity is and in which unit
it travels (`quantities`), how a batch of readings looks on the wire (`wire`), and what a store must be able to
do (`storage`). It imports the standard library and msgspec, so that a small gateway can carry it.
"""

__version__ = "0.1.0"
