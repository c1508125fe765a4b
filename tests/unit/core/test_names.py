"""What may be a name in topics and columns."""

import pytest

from meterproof_core.names import is_column, is_id


@pytest.mark.parametrize("text", ["a", "1", "steel-works", "0b7f4c2e", "a" * 64, "a--b", "a-"])
def test_ids(text):
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "-a", "A", "a_b", "a b", "ä", "a/b", "+", "#", "$share", "a" * 65, "a\n", "²"])
def test_texts_that_are_no_ids(text):
    assert not is_id(text)


@pytest.mark.parametrize("text", ["a", "energy_import_kwh", "a1", "a__i", "a" * 64])
def test_columns(text):
    assert is_column(text)


@pytest.mark.parametrize("text", ["", "1a", "_a", "A", "a-b", 'a"', "a b", "a;drop", "a" * 65, "a\n", "é"])
def test_texts_that_are_no_columns(text):
    assert not is_column(text)
