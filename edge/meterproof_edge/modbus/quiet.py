"""pymodbus logs a dump of its packets on every failed request; we log a change of state, and it stays silent."""

import logging


def silence_pymodbus() -> None:
    """Turn pymodbus's logging off, unless somebody has set a level to look into it."""
    logger = logging.getLogger("pymodbus")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL + 1)
