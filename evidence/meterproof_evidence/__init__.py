"""Evidence bundles: everything that a statement was computed from, in one file that a third party recomputes.

This room exists so that nobody has to trust the program that issued a statement: `meterproof-verify` reads a bundle,
checks the digest of every file in it and computes every figure again from the data, offline.
"""

__version__ = "0.1.0"
