"""The spool: the buffer for outages, between the poller and the broker.

A reading that was taken is in this file, on disk, until the collector's receipt says that it is stored. Gateways lose
mains, not only processes, so every flush is one synchronous transaction.
"""

from meterproof_edge.spool.soundness import Spooled
from meterproof_edge.spool.spool import Spool, SpoolCounts

__all__ = ["Spool", "SpoolCounts", "Spooled"]
