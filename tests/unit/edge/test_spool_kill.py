"""kill -9 in the middle of a commit: the process is really killed, and the hit shows itself."""

import signal
import subprocess
import sys

import pytest
from spooling import everything, fill, open_roomy, sound

_CHILD = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from meterproof_core.faults import parse_fault
from meterproof_edge.spool import Spool
from spooling import ROOMY, fill
spool = Spool(Path(sys.argv[1]), max_bytes=ROOMY, faults=parse_fault(sys.argv[2], Path(sys.argv[3])))
fill(spool, 50)
"""


@pytest.mark.parametrize("on_reach", [1, 2, 17])
def test_a_process_killed_in_mid_commit_leaves_whole_batches_and_their_cursors(tmp_path, on_reach):
    path, log = tmp_path / "spool.db", tmp_path / "hits"
    child = subprocess.run(
        [sys.executable, "-c", _CHILD.format(path=sys.path), path, f"spool.mid_commit:{on_reach}", log],
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    assert log.read_text() == "spool.mid_commit\n"
    spool = open_roomy(path)
    batches = [sound(message) for message in everything(spool)]
    assert [batch.seq for batch in batches] == list(range(1, on_reach))
    assert spool.cursors() == ({"furnace": batches[-1].groups[0].t[-1]} if batches else {})
    assert fill(spool, 1, start_ms=10**9) == [on_reach]  # the number that was never committed was never given out
    spool.close()
