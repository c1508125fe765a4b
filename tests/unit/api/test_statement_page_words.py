"""Every sentence of issued statements that page or paper may ask for is there, and none is left over."""

import re
from importlib.resources import files

from meterproof_api.paper import sheet
from meterproof_api.statements.charts import CHARTS
from meterproof_api.wording import knows, words
from meterproof_mv.claim import Status
from meterproof_mv.dossier.vocabulary import Grain, OptionState, Origin, Technique
from meterproof_mv.ghg.factors import FactorTrust

PACKAGE = files("meterproof_api")
TABLES = {"statement", "statements", "statement_chart", "statement_axis", "statement_field", "statement_legend"}
FIELDS = ["amount", "actual", "expected", "sum", "lower", "upper"]


def asked_for():
    folders = [PACKAGE / "statements", PACKAGE / "paper"]
    sources = [path for folder in folders for path in folder.iterdir() if path.name.endswith(".py")]
    sources += [PACKAGE / "templates" / f"{name}.html" for name in ("statement", "statements", "statement_parts")]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    assert len(texts) > 15
    found = {key for text in texts for key in re.findall(r"""["'](statements?(?:_[a-z]+)?\.[a-z_0-9]+)["']""", text)}
    for names in re.findall(r"""for (?:name|column) in \(([^)]+)\)""", "".join(texts)):
        listed = re.findall(r'"([a-z_0-9]+)"', names)
        found |= {
            f"{table}.{name}" for table in ("statement", "statements") for name in listed if knows(f"{table}.{name}")
        }
    made = {f"statement.badge_{status}" for status in Status} | {f"statement.trust_{trust}" for trust in FactorTrust}
    made |= {f"statement.grain_{grain}" for grain in Grain} | {f"statement_axis.{grain}" for grain in Grain}
    made |= {f"statement.model_{model}" for model in ("mean", "linear", "ratio")}
    made |= {f"statement.verify_{part}" for part in ("bundle", "alone", "command")}
    made |= {f"statement_chart.{name}.{part}" for name in CHARTS for part in ("title", "text")}
    made |= {f"statement_field.{field}" for field in FIELDS}
    found = {key for key in found if not key.endswith((".html", ".json", ".pdf", ".typ", "_"))}
    return found | made | set(sheet._WORDS.values())


def test_every_sentence_of_a_statement_is_there():
    assert sorted(key for key in asked_for() if not knows(key)) == []


def test_no_sentence_of_a_statement_is_left_over():
    ours = {key for key in words() if key.partition(".")[0] in TABLES}
    assert sorted(ours - asked_for()) == []


def test_every_word_of_the_controlled_vocabularies_has_its_words():
    known = {f"technique.{each}" for each in Technique} | {f"option_state.{each}" for each in OptionState}
    known |= {f"evidence_kind.{each}" for each in Origin}
    tables = {"technique", "option_state", "evidence_kind"}
    assert {key for key in words() if key.partition(".")[0] in tables} == known
