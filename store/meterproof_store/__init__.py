"""The storage ports of core, on real databases.

This room exists so that nobody else needs to know how a database is spoken to.
"""

__version__ = "0.1.0"
