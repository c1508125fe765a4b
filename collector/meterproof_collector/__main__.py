"""``python -m meterproof_collector``."""

from meterproof_collector.cli import app

app()
