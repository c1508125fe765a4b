"""The HTTP API and the pages.

This room exists to show plant engineers, verifiers and programme staff what was stored and what follows from it.
"""

__version__ = "0.1.0"
