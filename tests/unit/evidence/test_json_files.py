"""JSON from a stranger, and JSON that is the same bytes every time."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_evidence.canonical import converted, decode, encode, plain
from meterproof_evidence.errors import BundleError


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_keeps_all_its_digits(value):
    assert decode("a.json", encode([value])) == [value]


def test_what_is_not_a_number_is_null_and_numpys_numbers_are_numbers():
    assert plain({"a": math.nan, "b": np.float64(1.5), "c": np.int64(2), "d": (1, 2)}) == {
        "a": None,
        "b": 1.5,
        "c": 2,
        "d": [1, 2],
    }


def test_what_is_no_json_is_refused_when_it_is_written():
    with pytest.raises(TypeError, match="object <object object"):
        encode(object())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', "key 'a' stands twice"),
        (b'{"a": }', "line 1 column 7"),
        (b"[NaN]", "NaN is no JSON"),
        (b"[-Infinity]", "-Infinity is no JSON"),
        (b"\xff", "utf-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5000, "digits"),
    ],
)
def test_what_is_no_json_is_refused_when_it_is_read(content, told):
    with pytest.raises(BundleError, match=rf"^a\.json: .*{told}"):
        decode("a.json", content)


class Inner(msgspec.Struct):
    x: int = 0


class Outer(msgspec.Struct):
    many: list[Inner] = []


def test_a_field_of_another_type_and_a_field_that_nobody_knows_are_named():
    assert converted("a.json", {"many": [{"x": 1}, {}]}, Outer) == Outer([Inner(1), Inner()])
    with pytest.raises(BundleError, match=r"a\.json: Expected `int`, got `str` - at `\$\.many\[0\]\.x`"):
        converted("a.json", {"many": [{"x": "1"}]}, Outer)
    with pytest.raises(BundleError, match=r"a\.json: \$\.many\[1\]\.y is not known in this format"):
        converted("a.json", {"many": [{"x": 1}, {"y": 1}]}, Outer)
