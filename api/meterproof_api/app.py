"""The composition of the web application; uvicorn and everything with a port or a file is the caller's."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from meterproof_api import __version__
from meterproof_api.context import Context
from meterproof_api.drawing import Drawing
from meterproof_api.gathering import Books
from meterproof_api.headers import SecurityHeaders
from meterproof_api.plant_figures import PlantFigures
from meterproof_api.plants import PlantDirectory
from meterproof_api.problems import answer_with_problems
from meterproof_api.programme.routes import programme_data, programme_pages
from meterproof_api.routes_pages import pages
from meterproof_api.routes_plants import data
from meterproof_api.statements.routes import statement_data, statement_pages
from meterproof_api.statements.shelf import Shelf
from meterproof_api.stores import Stores

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""The names under which a machine reaches itself."""


def create_app(
    stores: Stores,
    plants: PlantDirectory,
    *,
    cache_dir: Path | None = None,
    allowed_hosts: Sequence[str] = LOOPBACK_HOSTS,
    shelf: Shelf | None = None,
) -> FastAPI:
    """Return the web application: HTTP API and pages.

    Parameters
    ----------
    stores : Stores
        The storage ports.
    plants : PlantDirectory
        The plants to show.
    cache_dir : Path, optional
        Folder that keeps the charts' JavaScript over restarts.
    allowed_hosts : sequence of str
        The names under which the server is asked, without port; ``*.example.com`` stands for all below it. A request
        to any other is refused: its name was pointed at us by somebody else, so that a foreign page could read us.
    shelf : Shelf, optional
        The issued statements to show.
    """
    app = FastAPI(
        title="meterproof",
        version=__version__,
        description="Metered, verified savings. Days are the plant's own; periods are half-open; ratios are fractions.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
    )
    figures = PlantFigures(Books(stores.intervals, stores.journal))
    app.state.context = Context(stores, plants, figures, Drawing(cache_dir), shelf or Shelf(None))
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1024,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/pdf"),  # packed inside, and tagged by byte
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False)
    app.add_middleware(SecurityHeaders)
    answer_with_problems(app)
    app.include_router(data)
    app.include_router(pages)
    app.include_router(statement_data)
    app.include_router(statement_pages)
    app.include_router(programme_data)
    app.include_router(programme_pages)
    app.mount("/static", StaticFiles(packages=[("meterproof_api", "static")]), name="static")
    return app
