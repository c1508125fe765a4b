"""A simulated meter: serves a register map with values that are a function of time, for trials without hardware.

Everything that comes from here is simulated and has to be called so wherever it is shown, the steel works included:
its energy is a real record, its meter is not.
"""
