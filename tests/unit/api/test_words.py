"""Every sentence that a page may ask for is there, and none is left over."""

import re
from importlib.resources import files

import pytest

from meterproof_api.chart_style import COMPLETENESS_CLASSES, NOT_YET, NOTHING
from meterproof_api.charts import CHARTS
from meterproof_api.wording import knows, say, words
from meterproof_mv.claim import Status

PACKAGE = files("meterproof_api")
OF_THE_MATHS = ["few_points", "few_dof", "low_r2", "high_cv", "negative_coefficient", "negative_intercept", "collinear"]
OF_THE_MATHS += ["autocorrelated", "driver_out_of_range", "extreme_value", "negative_use", "gap"]
OF_THE_CLAIM = ["no_production_driver", "no_option", "unexplained_shift", "not_distinguishable", "reporting_short"]
OF_THE_DATA = ["baseline_missing", "reporting_missing", "days_incomplete", "holidays_not_known", "no_fit"]
OF_THE_DATA += ["months_incomplete", "driver_incomplete", "driver_missing", "other_use_rose", "offset_by_other_use"]
OF_THE_DATA += ["rows_incomplete", "use_stopped", "baseline_short", "calorific_basis_mixed", "heat_content_implausible"]
OF_THE_DATA += [
    "estimated_rows",
    "weak_evidence",
    "linked_stream_unknown",
    "linked_without_factor",
    "other_use_unknown",
]
OF_THE_OPTIONS = ["not_working", "without_stream", "in_baseline", "after_reporting", "started_late"]
OF_THE_BILLS = ["bill_gap", "bill_period_length", "bill_without_amount", "bills_fewer_than_periods"]
OF_THE_BILLS += ["bills_out_of_order", "estimated_merged", "estimated_without_read", "first_bill_undated"]
OF_THE_BILLS += ["period_incomplete"]
OF_THE_FACTORS = ["basis", "co2_alone", "gwp_set", "not_checked", "not_in_force", "not_official", "not_verified"]
OF_THE_FACTORS += ["region", "scope_3", "uncertainty_unknown", "year"]
FINDINGS = [*OF_THE_MATHS, *OF_THE_CLAIM, *OF_THE_DATA, *OF_THE_BILLS, "no_emission_factor", "institutional_ch4"]
FINDINGS += [f"option_{code}" for code in OF_THE_OPTIONS] + [f"factor_{code}" for code in OF_THE_FACTORS]
FINDINGS += ["default_heat_ratio", "default_heating_value", "factors_do_not_fit"]
OF_STATEMENTS = {"statement", "statements", "statement_chart", "statement_axis", "statement_field", "statement_legend"}
OF_STATEMENTS |= {"technique", "option_state", "evidence_kind", "country"}  # test_statement_page_words asks for each
MONTH_COLUMNS = ["month", "days", "actual", "baseline", "difference", "least", "mean", "most", "share"]
FIGURES = ["avoided", "avoided_not_claimable", "verified", "claimed", "energy", "completeness", "reading"]
HOVERS = [*MONTH_COLUMNS[2:], "day", "hour", "kw", "lower", "upper", "span"]


def asked_for() -> set[str]:
    sources = [path for path in PACKAGE.iterdir() if path.name.endswith(".py")]
    sources += list((PACKAGE / "templates").iterdir())
    texts = [path.read_text(encoding="utf-8") for path in sources]
    assert len(texts) > 30
    literal = {key for text in texts for key in re.findall(r"""say\(\s*["']([a-z_.0-9]+)["']""", text)}
    literal |= {"page.findings", "outcome.beyond", "outcome.beyond_negative", "axis.weekdays", "mark.reporting"}
    made = {f"status.{status}" for status in Status}
    made |= {f"page.{weight}" for weight in ("stops", "warning", "info")}
    made |= {f"chart.{name}.{part}" for name in CHARTS for part in ("title", "text")}
    made |= {
        f"completeness.{name}" for name in (*(name for _, name, _ in COMPLETENESS_CLASSES), NOTHING[0], NOT_YET[0])
    }
    made |= {f"finding.{code}.{part}" for code in FINDINGS for part in ("title", "mend")}
    made |= {"driver.day_type", "model.mean", "model.linear", "grain.days", "grain.months"}
    made |= {f"axis.use_a_{grain}" for grain in ("day", "month")} | {
        f"how.{grain}_used" for grain in ("days", "months")
    }
    made |= {
        f"stream.{name}" for name in ("label", "use", "avoided", "interval", "outcome", "not_claimed", "not_linked")
    }
    made |= {f"month.{column}" for column in MONTH_COLUMNS} | {f"figure.{name}" for name in FIGURES}
    made |= {f"field.{field}" for field in HOVERS}
    made |= {key for key in words() if key.partition(".")[0] in OF_STATEMENTS}
    return {key for key in literal if not key.endswith(".")} | made


def test_every_sentence_that_is_asked_for_is_there():
    assert sorted(key for key in asked_for() if not knows(key)) == []


def test_no_sentence_is_left_over():
    kept = {key for key in words() if not key.startswith("programme")}  # test_programme_view.py asks for those
    assert sorted(kept - asked_for()) == []


def test_no_sentence_says_what_the_nomenclature_forbids():
    forbidden = re.compile(r"\b(slave|endianness|load factor|gap fill|raw difference|carbon|auditor|fudge)\b", re.I)
    assert [text for text in words().values() if forbidden.search(text)] == []


def test_a_sentence_that_is_not_there_is_a_mistake_of_ours():
    with pytest.raises(KeyError, match=r"no\.such"):
        say("no.such")
