"""The templates, and the few words they may use."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from meterproof_api import __version__
from meterproof_api.showing import completeness, plain
from meterproof_api.wording import say


@cache
def environment() -> Environment:
    """Return the templates; every text that they place is escaped."""
    templates = Environment(
        loader=PackageLoader("meterproof_api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(plain=plain, completeness=completeness, first_capital=_first_capital)
    templates.globals.update(say=say, version=__version__)
    return templates


def render(template: str, **values: object) -> bytes:
    """Return a page as UTF-8."""
    return environment().get_template(template).render(**values).encode()


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
