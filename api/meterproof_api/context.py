"""What every route is given, and the one way in which a plant's name in an address becomes a plant."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from meterproof_api.drawing import Drawing
from meterproof_api.plant_figures import PlantFigures
from meterproof_api.plants import Plant, PlantDirectory, StreamInfo
from meterproof_api.problems import not_accepted, not_found
from meterproof_api.statements.shelf import Shelf
from meterproof_api.stores import Stores
from meterproof_core.names import ID_RULE, is_id


@dataclass(frozen=True, slots=True)
class Context:
    """What routes work with; made once by `create_app`."""

    stores: Stores
    plants: PlantDirectory
    figures: PlantFigures
    drawing: Drawing
    shelf: Shelf


def context_of(request: Request) -> Context:
    """Return what routes work with."""
    context = request.app.state.context
    assert isinstance(context, Context)  # noqa: S101 # tells the type checker what create_app put there
    return context


InContext = Annotated[Context, Depends(context_of)]


def plant_of(plant: str, context: InContext) -> Plant:
    """Return the plant that an address names.

    Raises
    ------
    ProblemError
        When the name is no id, or no plant has it.
    """
    if not is_id(plant):
        raise not_accepted(f"plant {plant!r} is not an id; use {ID_RULE}")
    found = context.plants.plant(plant)
    if found is None:
        raise not_found(f"there is no plant {plant!r} here; see /api/v1/plants")
    return found


ThePlant = Annotated[Plant, Depends(plant_of)]


def stream_of(plant: ThePlant, stream: Annotated[str, Query(max_length=200)] = "") -> StreamInfo:
    """Return the stream that an address names; the plant's first when it names none.

    Raises
    ------
    ProblemError
        When the plant has no such stream.
    """
    found = plant.stream(stream) if stream else plant.main
    if found is None:
        ids = ", ".join(known.id for known in plant.streams)
        raise not_found(f"plant {plant.id!r} has no stream {stream!r}; use {ids}")
    return found


TheStream = Annotated[StreamInfo, Depends(stream_of)]


def check_point(plant: Plant, point: str) -> None:
    """Check that an address names a metering point of a plant.

    Raises
    ------
    ProblemError
        When the name is no id, or the plant has no such point.
    """
    if not is_id(point):
        raise not_accepted(f"point {point!r} is not an id; use {ID_RULE}")
    ids = [known.id for known in plant.points]
    if point not in ids:
        raise not_found(f"plant {plant.id!r} has no point {point!r}; use {', '.join(ids)}")
