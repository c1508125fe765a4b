"""kill -9 of a gateway after the receipt and before the delete: the batch comes again, and nothing is missing."""

import json
import signal
import subprocess
import sys

from publishing import publishing
from receipting import StandIn
from spooling import everything, fill, open_roomy

from meterproof.broker import EmbeddedBroker

_CHILD = """
import json, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[4])
from meterproof_core.faults import parse_fault
from publishing import publishing
from spooling import open_roomy
faults = parse_fault("edge.receipt_before_delete", Path(sys.argv[3]))
with publishing(open_roomy(Path(sys.argv[1])), sys.argv[2], faults=faults) as publisher:
    publisher.wait_until_empty(60)
"""


def test_a_gateway_killed_between_receipt_and_delete_sends_again_and_loses_nothing(tmp_path):
    path, log = tmp_path / "spool.db", tmp_path / "hits"
    spool = open_roomy(path)
    fill(spool, 5)
    spool.close()
    with EmbeddedBroker() as broker, StandIn(broker.url) as collector:
        arguments = [sys.executable, "-c", _CHILD, path, broker.url, log, json.dumps(sys.path)]
        child = subprocess.run(arguments, timeout=60, check=False)
        assert child.returncode == -signal.SIGKILL
        assert log.read_text() == "edge.receipt_before_delete\n"
        spool = open_roomy(path)
        assert [message.seq for message in everything(spool)] == [1, 2, 3, 4, 5]
        with publishing(spool, broker.url) as publisher:
            assert publisher.wait_until_empty(30)
        spool.close()
        assert set(collector.seqs()) == {1, 2, 3, 4, 5}
        assert len(collector.seqs()) > 5
