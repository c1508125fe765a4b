"""Reads which fault point a kill test has armed; a composition root calls this once."""

import os
from pathlib import Path

from meterproof_core.errors import SettingsError
from meterproof_core.faults import FaultPoints, NoFaults, parse_fault

FAULT_VARIABLE = "METERPROOF_FAULT"
FAULT_LOG_VARIABLE = "METERPROOF_FAULT_LOG"


def faults_from_environment() -> FaultPoints:
    """Return the armed fault point that the environment names, or none.

    Raises
    ------
    SettingsError
        When the point is unknown or no log is named.
    """
    spec = os.environ.get(FAULT_VARIABLE)
    if not spec:
        return NoFaults()
    log = os.environ.get(FAULT_LOG_VARIABLE)
    if not log:
        raise SettingsError(f"{FAULT_VARIABLE} is set without {FAULT_LOG_VARIABLE}; name the file that shows the hit")
    return parse_fault(spec, Path(log))
