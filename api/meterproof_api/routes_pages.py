"""The pages that people read, and what their browsers fetch for them."""

import gzip

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from meterproof_api.answers import HTML, answer
from meterproof_api.charts import CHARTS
from meterproof_api.context import Context, InContext, ThePlant, TheStream
from meterproof_api.live import last_reading
from meterproof_api.pages import render
from meterproof_api.plant_figures import Figures
from meterproof_api.plants import Plant, StreamInfo
from meterproof_api.problems import not_found
from meterproof_api.views import PlantView, plant_view
from meterproof_api.wording import say

pages = APIRouter(include_in_schema=False)
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


@pages.get("/")
def home(request: Request, context: InContext) -> Response:
    """Return the list of plants; with one plant, the way to its page."""
    plants = context.plants.plants()
    if len(plants) == 1:
        return RedirectResponse(f"/plants/{plants[0].id}")
    return answer(request, render("plants.html", title=say("site.name"), plants=plants), HTML)


@pages.get("/plants/{plant}")
def plant_page(request: Request, plant: ThePlant, stream: TheStream, context: InContext) -> Response:
    """Return the page of a plant."""
    figures, view = _view(plant, stream, context)
    title = say("page.title", name=plant.name)
    values = {"title": title, "view": view, "tag": figures.tag, "bundle_tag": context.drawing.bundle_tag}
    return answer(request, render("plant.html", **values), HTML)


@pages.get("/plants/{plant}/live")
def live_part(request: Request, plant: ThePlant, stream: TheStream, context: InContext) -> Response:
    """Return the part of a plant's page that follows the data."""
    figures, view = _view(plant, stream, context)
    part = answer(request, render("live.html", view=view), HTML)
    part.headers["Meterproof-Statement"] = figures.tag
    return part


@pages.get("/plants/{plant}/charts/{name}.svg")
def chart_svg(request: Request, plant: ThePlant, stream: TheStream, name: str, context: InContext) -> Response:
    """Return a chart as a picture, for paper and for browsers without scripts."""
    if name not in CHARTS:
        raise not_found(f"there is no chart {name!r}; use {', '.join(CHARTS)}")
    return answer(request, context.figures.of(plant, stream.id).chart_svg(name, context.drawing), "image/svg+xml")


@pages.get("/static/vega.js")
def vega(request: Request, context: InContext) -> Response:
    """Return the JavaScript that draws the charts; it comes from us, never from elsewhere."""
    bundle, headers = context.drawing.bundle_gz(), dict(_FOR_GOOD)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        bundle = gzip.decompress(bundle)
    return Response(bundle, media_type="text/javascript; charset=utf-8", headers=headers)


def _view(plant: Plant, stream: StreamInfo, context: Context) -> tuple[Figures, PlantView]:
    figures = context.figures.of(plant, stream.id)
    return figures, plant_view(figures.statement, figures.profile, last_reading(context.stores, plant, stream))
