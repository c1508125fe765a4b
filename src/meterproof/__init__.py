"""The command line, the all-in-one server and the demonstration: the only room that knows all the others."""

__version__ = "0.1.0"
