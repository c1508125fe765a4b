"""The collector's settings file: what is wrong is named with file, key, value and what is accepted."""
