"""The data routes of plants: what they are, what the store holds of them, what happened."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from meterproof_api import __version__
from meterproof_api.answers import JSON, answer, json_answer
from meterproof_api.charts import CHARTS
from meterproof_api.context import InContext, ThePlant, TheStream, check_point
from meterproof_api.interval_query import IntervalQuestion, intervals_answer
from meterproof_api.local_clock import local_text
from meterproof_api.problems import not_found
from meterproof_api.schemas import (
    HealthAnswer,
    PlantAnswer,
    PlantsAnswer,
    PointAnswer,
    PointsAnswer,
    SavingsAnswer,
    VersionAnswer,
    plant_answer,
    plant_brief,
)
from meterproof_core.storage import EntryKind

data = APIRouter()
MOST_ENTRIES = 1000


@data.get("/health", tags=["server"])
def health(context: InContext) -> HealthAnswer:
    """Return whether we answer, and the counts of a collector in the same process."""
    stats = context.stores.collector_stats
    return HealthAnswer(status="ok", plants=len(context.plants.plants()), collector=dict(stats()) if stats else None)


@data.get("/api/v1/version", tags=["server"])
def version() -> VersionAnswer:
    """Return which program answers."""
    return VersionAnswer(name="meterproof", version=__version__, api="v1")


@data.get("/api/v1/plants", tags=["plants"])
def list_plants(context: InContext) -> PlantsAnswer:
    """Return every plant, sorted by id."""
    return PlantsAnswer(plants=[plant_brief(plant) for plant in context.plants.plants()])


@data.get("/api/v1/plants/{plant}", tags=["plants"])
def one_plant(plant: ThePlant) -> PlantAnswer:
    """Return a plant."""
    return plant_answer(plant)


@data.get("/api/v1/plants/{plant}/points", tags=["plants"])
def points(plant: ThePlant, context: InContext) -> PointsAnswer:
    """Return the metering points of a plant and what the store holds of each."""
    extents = {extent.point: extent for extent in context.stores.readings.extents(plant.id)}
    series = context.stores.intervals.series(plant.id)
    zone = ZoneInfo(plant.time_zone)
    answers = []
    for info in plant.points:
        extent = extents.get(info.id)
        answers.append(
            PointAnswer(
                id=info.id,
                label=info.label,
                readings=extent.rows if extent else 0,
                first_ms=extent.first_ms if extent else None,
                last_ms=extent.last_ms if extent else None,
                first=local_text(extent.first_ms, zone) if extent else None,
                last=local_text(extent.last_ms, zone) if extent else None,
                series=[key.quantity for key in series if key.point == info.id],
            )
        )
    return PointsAnswer(plant=plant.id, points=answers)


@data.get("/api/v1/plants/{plant}/points/{point}/intervals", tags=["plants"])
def intervals(
    request: Request,
    plant: ThePlant,
    point: str,
    question: Annotated[IntervalQuestion, Query()],
    context: InContext,
) -> Response:
    """Return the intervals of a counter by column, or its local days."""
    check_point(plant, point)
    return json_answer(request, intervals_answer(plant, point, question, context.stores.intervals))


@data.get("/api/v1/plants/{plant}/savings", tags=["savings"], response_model=SavingsAnswer)
def savings(request: Request, plant: ThePlant, context: InContext) -> Response:
    """Return a plant's savings, how sure they are, and what may be claimed."""
    return json_answer(request, context.figures.of(plant).statement.assessment.to_dict())


@data.get("/api/v1/plants/{plant}/savings/series", tags=["savings"])
def savings_series(request: Request, plant: ThePlant, stream: TheStream, context: InContext) -> Response:
    """Return the rows behind the savings of a stream, of the first when none is named."""
    return json_answer(request, context.figures.of(plant, stream.id).statement.series_dict())


@data.get("/api/v1/plants/{plant}/charts/{name}.json", tags=["savings"])
def chart(request: Request, plant: ThePlant, stream: TheStream, name: str, context: InContext) -> Response:
    """Return a chart of a plant as a Vega-Lite specification with its data."""
    if name not in CHARTS:
        raise not_found(f"there is no chart {name!r}; use {', '.join(CHARTS)}")
    return answer(request, context.figures.of(plant, stream.id).chart_json(name), JSON)


@data.get("/api/v1/plants/{plant}/journal", tags=["plants"])
def journal(
    request: Request,
    plant: ThePlant,
    context: InContext,
    kind: Annotated[list[EntryKind], Query(min_length=1)],
    since_ms: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 200,
) -> Response:
    """Return the newest journal entries of some kinds, in the order in which they were added; tells if more match."""
    entries = context.stores.journal.read(kind, plant.id, since_ms, limit=limit + 1)
    return json_answer(request, {"plant": plant.id, "entries": entries[-limit:], "more": len(entries) > limit})
