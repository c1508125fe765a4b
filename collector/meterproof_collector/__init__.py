"""The collector.

This room exists to turn what the broker delivers into stored readings, and only then to say so: decode, check, write,
acknowledge, receipt. Beside that road it runs the ledger, which turns cumulative registers into intervals.
"""

__version__ = "0.1.0"
