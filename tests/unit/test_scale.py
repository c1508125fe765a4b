"""The table in docs/scale.md is what tools/scale.py prints."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_in_the_document_is_the_one_that_is_computed():
    done = subprocess.run([sys.executable, ROOT / "tools/scale.py"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in (ROOT / "docs/scale.md").read_text()


def test_every_quantity_of_the_example_stands_in_the_catalogue():
    from importlib.util import module_from_spec, spec_from_file_location

    from meterproof_core.quantities import quantity

    spec = spec_from_file_location("scale", ROOT / "tools/scale.py")
    scale = module_from_spec(spec)
    sys.modules["scale"] = scale
    spec.loader.exec_module(scale)
    assert [quantity(name).name for name in (*scale.COUNTERS, *scale.GAUGES)] == [*scale.COUNTERS, *scale.GAUGES]
