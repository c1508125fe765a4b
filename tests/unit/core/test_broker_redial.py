"""When a broker is dialled again: never in step, never more than half a minute later, and never in silence."""

import queue
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.broker_redial import DialPlan, Ended, EndKind, Redial

_LOST = Ended(EndKind.LOST, "lost")
_OTHER = Ended(EndKind.OTHER_VERSION, "5 is not known")


def ended(held_s, kind=EndKind.LOST):
    return Ended(kind, "lost", held_s)


def test_the_wait_doubles_up_to_half_a_minute():
    plan = DialPlan(chance=lambda: 1.0)
    assert [plan.wait_s(_LOST) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


@given(st.lists(st.floats(0, 100), max_size=40), st.floats(0, 1, exclude_max=True))
def test_no_wait_passes_half_a_minute_and_none_but_a_change_of_version_is_without_a_wait(lives, chance):
    plan = DialPlan(chance=lambda: chance)
    for held_s in lives:
        assert 0.5 <= plan.wait_s(plan.judged(ended(held_s))) <= 30


def test_gateways_that_lost_one_broker_do_not_come_back_in_step():
    waits = {DialPlan(chance=lambda number=number: number / 1000).wait_s(_LOST) for number in range(1000)}
    assert len(waits) == 1000
    assert max(waits) - min(waits) > 0.49


def test_only_a_connection_that_held_forgets_the_failures():
    plan = DialPlan(chance=lambda: 1.0)
    for _ in range(4):
        plan.wait_s(_LOST)
    assert plan.wait_s(ended(29.0)) == 16
    assert plan.wait_s(ended(30.0)) == 1


def test_who_was_thrown_off_waits_long():
    plan = DialPlan(chance=lambda: 0.0)
    assert plan.wait_s(ended(5.0, EndKind.TAKEN_OVER)) == 15


def test_connections_that_keep_ending_soon_are_taken_for_a_twin_until_one_holds():
    plan = DialPlan(chance=lambda: 0.0)
    kinds = [plan.judged(ended(held_s)).kind for held_s in (3, 3, 3, 3, 3, 31, 3)]
    assert kinds == [EndKind.LOST] * 3 + [EndKind.TWIN] * 2 + [EndKind.LOST] * 2
    assert plan.wait_s(ended(3, EndKind.TWIN)) == 15


def test_a_broker_that_is_not_there_is_no_twin():
    plan = DialPlan()
    assert {plan.judged(_LOST).kind for _ in range(20)} == {EndKind.LOST}


def test_a_broker_without_mqtt_5_gets_the_older_version_at_once_and_five_again_next_time():
    plan = DialPlan(chance=lambda: 1.0)
    assert plan.mqtt5
    assert plan.wait_s(_OTHER) == 0
    assert not plan.mqtt5
    assert plan.wait_s(_OTHER) == 1  # it takes neither
    assert plan.mqtt5


@pytest.mark.parametrize("asked", [True, False])
def test_a_version_that_was_asked_for_is_kept_to(asked):
    plan = DialPlan(mqtt5=asked, chance=lambda: 1.0)
    assert plan.wait_s(_OTHER) == 1
    assert plan.mqtt5 is asked


def test_a_smaller_window_is_dialled_with_at_once():
    assert DialPlan().wait_s(ended(0.0, EndKind.SMALLER_WINDOW)) == 0


class Line:
    """Ends as it is told; waits are handed out instead of waited for."""

    def __init__(self, *ends):
        self.ends = queue.Queue()
        for end in ends:
            self.ends.put(end)
        self.waits = []
        self.told = []
        self.finished = threading.Event()
        self.redial = Redial(self.dial, DialPlan(chance=lambda: 1.0), name="b", tell=self.told.append, wait=self.wait)

    def dial(self, mqtt5):
        end = self.ends.get(timeout=10)
        if isinstance(end, Exception):
            raise end
        if end.held_s:
            self.redial.reached("5" if mqtt5 else "3.1.1")
        return end

    def wait(self, wait_s):
        self.waits.append(wait_s)
        return self.ends.empty()


def run(line):
    line.redial.start()
    assert line.redial.join()


def test_each_end_is_told_and_waited_after_and_the_user_hears_of_each_change_once(caplog):
    line = Line(_LOST, _LOST, ended(40), Ended(EndKind.LOST, "another reason"))
    with caplog.at_level("INFO"):
        run(line)
    assert line.waits == [1, 2, 1, 2]
    assert [one.why for one in line.told] == ["lost", "lost", "lost", "another reason"]
    said = [record.message for record in caplog.records]
    assert said == [
        "broker b is not reached (lost); trying on",
        "connected to broker b with MQTT 5",
        "broker b is not reached (lost); trying on",
        "broker b is not reached (another reason); trying on",
    ]
    assert (line.redial.counts.dials, line.redial.counts.connects, line.redial.counts.taken_over) == (4, 1, 0)


def test_a_bug_in_a_connection_is_told_and_dialled_on_after(caplog):
    line = Line(ZeroDivisionError("oops"), _LOST)
    run(line)
    assert "is not reached (ZeroDivisionError: oops)" in caplog.text
    assert line.redial.counts.dials == 2


def test_a_change_of_version_is_no_trouble(caplog):
    line = Line(_OTHER, ended(40))
    with caplog.at_level("INFO"):
        run(line)
    assert line.waits == [0, 1]
    assert "connected to broker b with MQTT 3.1.1" in caplog.text
    assert "5 is not known" not in caplog.text


def test_what_ends_both_versions_alike_is_told_once_it_was_not_the_version(caplog):
    line = Line(Ended(EndKind.OTHER_VERSION, "certificate expired"), Ended(EndKind.LOST, "certificate expired"))
    run(line)
    assert [record.message for record in caplog.records] == ["broker b is not reached (certificate expired); trying on"]


def test_every_taking_over_is_told_aloud_and_counted(caplog):
    line = Line(*[Ended(EndKind.TAKEN_OVER, EndKind.TAKEN_OVER.value, 1.0)] * 3)
    run(line)
    assert line.redial.counts.taken_over == 3
    assert sum(record.levelname == "ERROR" for record in caplog.records) == 3


def test_what_was_asked_to_stop_dials_no_more():
    line = Line(Ended(EndKind.ASKED, ""))
    run(line)
    assert line.waits == []
    stopped = Line()
    stopped.redial.ask_to_stop()
    assert stopped.redial.stopping
    run(stopped)
    assert stopped.redial.counts.dials == 0


def test_joining_what_never_began_is_harmless():
    assert Line().redial.join()
