"""The routes of issued statements: what there is, what each says, and its paper and bundle to take away."""

from fastapi import APIRouter, Request, Response

from meterproof_api.answers import HTML, answer, json_answer
from meterproof_api.context import InContext
from meterproof_api.statements.asked import TheShelf, TheStatement, chart_of, file_answer, from_bundle
from meterproof_api.statements.page import statement_page, statements_page
from meterproof_api.statements.schemas import StatementsAnswer, statements_answer
from meterproof_api.statements.shelf import Shelf, Shelved

statement_data = APIRouter(tags=["statements"])
statement_pages = APIRouter(include_in_schema=False)
_PAPER_WIDTH = 1040  # px, of a chart without scripts


@statement_data.get("/api/v1/statements", response_model=StatementsAnswer)
def list_statements(request: Request, shelf: TheShelf) -> Response:
    """Return every version of every issued statement, and the files beside them that are none."""
    return json_answer(request, statements_answer(shelf).model_dump(mode="json"))


@statement_data.get("/api/v1/statements/{statement}")
def one_statement(request: Request, statement: TheStatement, shelf: TheShelf) -> Response:
    """Return a statement as it was issued: the newest version, or the one that is asked for."""
    return _naming_latest(json_answer(request, statement.document), statement, shelf)


@statement_data.get("/api/v1/statements/{statement}/statement.pdf", response_class=Response)
def statement_paper(request: Request, statement: TheStatement, shelf: TheShelf) -> Response:
    """Return a statement on paper, as it was issued."""
    paper = from_bundle(statement, statement.pdf)
    disposition = f'inline; filename="{statement.path.stem}.pdf"'
    return _naming_latest(file_answer(request, paper, "application/pdf", disposition), statement, shelf)


@statement_data.get("/api/v1/statements/{statement}/bundle.zip", response_class=Response)
def statement_bundle(request: Request, statement: TheStatement, shelf: TheShelf) -> Response:
    """Return the bundle of a statement: everything that its figures follow from."""
    bundle = from_bundle(statement, statement.path.read_bytes)
    disposition = f'attachment; filename="{statement.path.name}"'
    return _naming_latest(file_answer(request, bundle, "application/zip", disposition), statement, shelf)


@statement_data.get("/api/v1/statements/{statement}/charts/{stream}/{name}.json")
def statement_chart(request: Request, statement: TheStatement, stream: str, name: str) -> Response:
    """Return a chart of a stream as a Vega-Lite specification with its data."""
    return json_answer(request, chart_of(statement, stream, name))


@statement_pages.get("/statements")
def statements_list(request: Request, shelf: TheShelf) -> Response:
    """Return the page of all statements."""
    return answer(request, statements_page(shelf), HTML)


@statement_pages.get("/statements/{statement}")
def statement_whole(request: Request, statement: TheStatement, shelf: TheShelf, context: InContext) -> Response:
    """Return the page of a statement."""
    return answer(request, statement_page(statement, shelf, context), HTML)


@statement_pages.get("/statements/{statement}/charts/{stream}/{name}.svg")
def statement_picture(
    request: Request, statement: TheStatement, stream: str, name: str, context: InContext
) -> Response:
    """Return a chart as a picture, for browsers without scripts."""
    spec = {**chart_of(statement, stream, name), "width": _PAPER_WIDTH}
    return answer(request, context.drawing.svg(spec).encode(), "image/svg+xml")


def _naming_latest(response: Response, entry: Shelved, shelf: Shelf) -> Response:
    newest = shelf.find(entry.statement_id)
    if newest is not None and newest.version != entry.version:
        response.headers["Link"] = f'</api/v1/statements/{entry.statement_id}>; rel="latest-version"'
    return response
