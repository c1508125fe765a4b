"""``python -m meterproof``: the same as the command ``meterproof``."""

from meterproof.cli import app

if __name__ == "__main__":
    app()
