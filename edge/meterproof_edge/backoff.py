"""How long to leave alone what does not answer; meters, spool and broker share one rule."""

from meterproof_core.backoff import CAP_S, Backoff

__all__ = ["CAP_S", "Backoff"]
