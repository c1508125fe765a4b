"""Every sentence that a page may ask for is there, and none is left over."""

import re
from importlib.resources import files

import pytest

from meterproof_api.chart_style import COMPLETENESS_CLASSES, NOT_YET, NOTHING
from meterproof_api.charts import CHARTS
from meterproof_api.plants import DRIVERS
from meterproof_api.wording import knows, say, words
from meterproof_mv.claim import Status

PACKAGE = files("meterproof_api")
OF_THE_MATHS = ["few_points", "few_dof", "low_r2", "high_cv", "negative_coefficient", "negative_intercept", "collinear"]
OF_THE_MATHS += ["autocorrelated", "driver_out_of_range", "extreme_value", "negative_use", "gap"]
OF_THE_CLAIM = ["no_production_driver", "no_option", "unexplained_shift", "not_distinguishable", "reporting_short"]
OF_THE_DATA = ["baseline_missing", "reporting_missing", "days_incomplete", "holidays_not_known", "no_fit"]
FINDINGS = [*OF_THE_MATHS, *OF_THE_CLAIM, *OF_THE_DATA, "no_emission_factor"]
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
    made |= {f"driver.{name}" for name in DRIVERS} | {"model.mean", "model.linear"}
    made |= {f"month.{column}" for column in MONTH_COLUMNS} | {f"figure.{name}" for name in FIGURES}
    made |= {f"field.{field}" for field in HOVERS}
    return {key for key in literal if not key.endswith(".")} | made


def test_every_sentence_that_is_asked_for_is_there():
    assert sorted(key for key in asked_for() if not knows(key)) == []


def test_no_sentence_is_left_over():
    assert sorted(set(words()) - asked_for()) == []


def test_no_sentence_says_what_the_nomenclature_forbids():
    forbidden = re.compile(r"\b(slave|endianness|load factor|gap fill|raw difference|carbon|auditor|fudge)\b", re.I)
    assert [text for text in words().values() if forbidden.search(text)] == []


def test_a_sentence_that_is_not_there_is_a_mistake_of_ours():
    with pytest.raises(KeyError, match=r"no\.such"):
        say("no.such")
