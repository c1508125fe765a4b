import pytest
from hypothesis import given
from hypothesis import strategies as st
from modbus_wire import frame, registers_pdu

from meterproof_edge.modbus.frames import answer_flaw

ASKED = frame(7, 3, bytes.fromhex("03 0C83 0004"))
RIGHT = frame(7, 3, registers_pdu(3, [0, 0, 0x05F5, 0xE100]))


def test_the_right_answer_has_no_flaw():
    assert answer_flaw(ASKED, RIGHT) is None


def test_an_exception_is_an_answer_too():
    assert answer_flaw(ASKED, frame(7, 3, bytes.fromhex("83 02"))) is None


@pytest.mark.parametrize("received", [RIGHT[:length] for length in range(9)])
def test_too_little_to_judge_has_no_flaw_yet(received):
    assert answer_flaw(ASKED, received) is None


@pytest.mark.parametrize(
    ("received", "said"),
    [
        (frame(7, 3, registers_pdu(4, [0, 0, 0, 0])), "function code 4 in answer to 3"),
        (frame(7, 3, bytes.fromhex("84 02")), "function code 132 in answer to 3"),
        (frame(7, 4, registers_pdu(3, [0, 0, 0, 0])), "unit_id 4 answered"),
        (frame(7, 3, registers_pdu(3, [7])), "2 data bytes, length 5 for 4 registers; 8, 11 is right"),
        (frame(7, 3, registers_pdu(3, [0] * 5)), "10 data bytes, length 13 for 4 registers; 8, 11 is right"),
        (frame(7, 3, bytes.fromhex("03 09") + bytes(9)), "9 data bytes, length 12 for 4 registers; 8, 11 is right"),
        (frame(7, 3, bytes.fromhex("03 08") + bytes(6)), "8 data bytes, length 9 for 4 registers; 8, 11 is right"),
        (frame(7, 3, bytes.fromhex("83 02 00")), "an exception of length 4; 3 is right"),
        (frame(7, 3, registers_pdu(3, [0, 0, 0, 0]), protocol=1), "protocol id 0001; 0000 is Modbus"),
    ],
)
def test_a_flaw_is_named(received, said):
    assert answer_flaw(ASKED, received) == said


def test_a_gateway_that_never_fills_in_the_transaction_id_is_believed():
    assert answer_flaw(ASKED, frame(0, 3, registers_pdu(3, [0, 0, 0, 1]))) is None


def test_answers_to_earlier_requests_are_passed_over_and_the_one_behind_them_is_judged():
    earlier = frame(6, 3, registers_pdu(3, [1, 2]))
    assert answer_flaw(ASKED, earlier) is None
    assert answer_flaw(ASKED, earlier + earlier + RIGHT) is None
    assert answer_flaw(ASKED, earlier + frame(7, 9, registers_pdu(3, [0, 0, 0, 0]))) == "unit_id 9 answered"


@given(st.binary(max_size=300))
def test_no_bytes_on_the_wire_make_the_check_fail_itself(received):
    flaw = answer_flaw(ASKED, received)
    assert flaw is None or isinstance(flaw, str)
