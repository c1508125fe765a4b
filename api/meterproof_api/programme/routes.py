"""The programme's routes: the totals as JSON, CSV and XLSX, and the page that a programme officer reads."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from meterproof_api.answers import HTML, answer, json_answer
from meterproof_api.context import Context, InContext
from meterproof_api.pages import render
from meterproof_api.problems import not_accepted
from meterproof_api.programme.csv_file import programme_csv
from meterproof_api.programme.cut_off import cut_off_of
from meterproof_api.programme.remembered import Remembered
from meterproof_api.programme.roll_up import Programme
from meterproof_api.programme.schemas import ProgrammeAnswer, programme_json
from meterproof_api.programme.spreadsheet import programme_xlsx
from meterproof_api.programme.view import programme_view
from meterproof_api.wording import say
from meterproof_core.errors import DataError

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

programme_data = APIRouter()
programme_pages = APIRouter(include_in_schema=False)

CutOff = Annotated[
    str | None,
    Query(description="Last day that counts, YYYY-MM-DD. Default: the day of the newest statement."),
]


@programme_data.get("/api/v1/programme", tags=["programme"], response_model=ProgrammeAnswer)
def programme(request: Request, context: InContext, cut_off: CutOff = None) -> Response:
    """Return the verified values of current statements added up, real and simulated plants apart."""
    return json_answer(request, programme_json(_programme(request, context, cut_off)))


@programme_data.get("/api/v1/programme.csv", tags=["programme"], response_class=Response)
def programme_as_csv(request: Request, context: InContext, cut_off: CutOff = None) -> Response:
    """Return the same as CSV."""
    return _file(request, _programme(request, context, cut_off), programme_csv, CSV)


@programme_data.get("/api/v1/programme.xlsx", tags=["programme"], response_class=Response)
def programme_as_xlsx(request: Request, context: InContext, cut_off: CutOff = None) -> Response:
    """Return the same as a spreadsheet."""
    return _file(request, _programme(request, context, cut_off), programme_xlsx, XLSX)


@programme_pages.get("/programme")
def programme_page(request: Request, context: InContext, cut_off: CutOff = None) -> Response:
    """Return the page of the programme."""
    asked = parsed_date(cut_off)
    table = _programme(request, context, cut_off)
    view = programme_view(table, year_ends=_year_ends(table), asked=asked)
    return answer(request, render("programme.html", title=say("programme.page_title"), view=view), HTML)


def parsed_date(text: str | None) -> date | None:
    """Return the cut-off date that an address asks for.

    Raises
    ------
    ProblemError
        When it is no date.
    """
    try:
        return cut_off_of(text)
    except DataError as error:
        raise not_accepted(f"cut_off {error}") from None


def _programme(request: Request, context: Context, cut_off: str | None) -> Programme:
    day = parsed_date(cut_off)
    state = request.app.state
    if not hasattr(state, "programme"):
        state.programme = Remembered()
    remembered: Remembered = state.programme
    return remembered.at(context.shelf, day)


def _year_ends(table: Programme) -> tuple[date, ...]:
    """Return the ends of the years in which the statements that count were issued, but for the last."""
    years = [one.issued_on.year for block in table.blocks for one in block.statements]
    return tuple(date(year, 12, 31) for year in range(min(years), max(years))) if years else ()


def _file(request: Request, table: Programme, write: Callable[[Programme], bytes], media_type: str) -> Response:
    end = "csv" if media_type == CSV else "xlsx"
    day = f"-{table.cut_off.isoformat()}" if table.cut_off else ""
    response = answer(request, write(table), media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="programme{day}.{end}"'
    return response
