"""A dossier: everything that a statement is computed from, as plain values, and the one way from there to its figures.

Whoever issues a statement and whoever checks it call the same pure function on the same values: `assess`. The parts
are `plan` (what is compared, with which drivers and factors), `series` (the data) and `assessment` (the figures).
"""
