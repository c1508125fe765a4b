"""The gateway's real command, for ``python -m``: the harness then needs no installed script."""

from meterproof_edge.cli import app

if __name__ == "__main__":
    app()
