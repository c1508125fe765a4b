"""What the programme's page shows of a long or a bare programme."""

import re
from datetime import date
from importlib.resources import files

import pytest
from programme_documents import a_statement, a_stream

from meterproof_api.programme.cut_off import cut_off_of
from meterproof_api.programme.flat import exclusion_record, row_record, statement_record
from meterproof_api.programme.naming import column_label, key_label, outcome_label, reason_label, scope_label
from meterproof_api.programme.roll_up import programme_table
from meterproof_api.programme.selection import Reason, Scope
from meterproof_api.programme.view import MOST_LINKS, MOST_LISTED, programme_view
from meterproof_api.wording import words
from meterproof_core.errors import DataError

CUT_OFF = date(2026, 12, 31)
TEMPLATES = {f"programme{part}.html" for part in ("", "_block", "_table")}
IN_TEMPLATES = ("annual", "other", "cumulative", "period", "country", "sector", "technique", "block")


def test_a_long_programme_lists_as_much_as_a_browser_bears_and_says_that_there_is_more():
    documents = [a_statement(f"plant-{number:04d}") for number in range(MOST_LISTED + 5)]
    late = [a_statement(f"late-{number:04d}", issued_at="2027-02-01T00:00:00Z") for number in range(MOST_LISTED + 2)]
    view = programme_view(programme_table([*documents, *late], CUT_OFF))
    block = view.blocks[0]
    assert (len(block.statements), block.more[:10]) == (MOST_LISTED, "and 5 more")
    (row,) = block.tables[0].rows
    assert (len(row.links), row.more[:12], row.count) == (MOST_LINKS, "and 905 more", "1,005 statements")
    assert (len(view.exclusions), view.more_exclusions[:10]) == (MOST_LISTED, "and 2 more")


def test_a_row_without_an_interval_says_so():
    stream = a_stream(50.0)
    stream["savings"] = None
    block = programme_view(programme_table([a_statement(streams=[stream])], CUT_OFF)).blocks[0]
    assert block.tables[0].total.annual.lines == ("no interval", "1 without an interval, left out of it")
    assert "no interval can be given" in block.figures[0].text


def test_signed_statements_are_not_called_unsigned():
    block = programme_view(programme_table([a_statement(state="signed")], CUT_OFF)).blocks[0]
    assert block.unsigned == ""


def test_a_claim_without_tonnes_shows_a_dash_and_a_basis_is_named():
    streams = [a_stream(9.0, tonnes=None, unit="kWh", calorific_basis="gross")]
    block = programme_view(programme_table([a_statement(tonnes=None, streams=streams)], CUT_OFF)).blocks[0]
    assert block.statements[0].verified == "\N{EN DASH}"
    assert block.tables[0].total.uses == ("natural gas (gross) 4,500\xa0kWh",)


@pytest.mark.parametrize(
    ("key", "said"),
    [("TH", "Thailand"), ("XX", "XX"), ("iron_steel", "iron steel"), ("total", "Total"), ("unknown", "Unknown")],
)
def test_keys_are_called_as_people_call_them(key, said):
    assert key_label(key) == said


def test_every_reason_scope_and_outcome_has_words():
    assert len({reason_label(reason.value) for reason in Reason}) == len(Reason)
    assert len({scope_label(scope.value) for scope in Scope}) == len(Scope)
    assert outcome_label("claimable") == "Claimable"
    assert column_label("options_monitored") == "Options monitored"


@pytest.mark.parametrize("text", ["", "2026-02-30", "26-01-01", "2026-1-1", "2026-12-31T00:00"])
def test_a_text_that_is_no_date_is_refused(text):
    with pytest.raises(DataError, match="use YYYY-MM-DD"):
        cut_off_of(text)


def test_no_sentence_of_the_programme_is_left_over():
    package = files("meterproof_api")
    sources = [*(package / "programme").iterdir(), *(package / "templates").iterdir()]
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name.endswith((".py", ".html")))
    asked = set(re.findall(r"""["'](programme[a-z_]*\.[a-z_]+)["']""", source)) - TEMPLATES
    parts = ("real", "simulated", "several", "unknown", "total", "by_country", "by_sector", "by_technique")
    asked |= {f"programme.{part}" for part in parts}
    figures = ("annual", "cumulative", "other", "plants", "statements", "use")
    asked |= {f"programme_figure.{name}{end}" for name in figures for end in ("", "_text")}
    asked |= {f"programme_what.{name}" for name in ("country", "sector", "technique")}
    asked |= {f"programme_scope.{scope}" for scope in Scope} | {f"programme_reason.{reason}" for reason in Reason}
    table = programme_table([a_statement()], CUT_OFF, unreadable=[("broken.zip", "no zip file")])
    records = [row_record(table.real.total), statement_record(table.real.statements[0], table.real)]
    records += [exclusion_record(table.exclusions[0]), dict.fromkeys(IN_TEMPLATES)]
    asked |= {f"programme_column.{name}" for record in records for name in record if "options_" not in name}
    assert {key for key in words() if key.startswith("programme")} == asked
