"""The maths of measurement and verification.

This room exists so that every figure in a statement comes from one place that anyone can use alone: it imports numpy
and scipy and nothing of ours.
"""

__version__ = "0.1.0"
