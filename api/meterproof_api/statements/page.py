"""The pages of issued statements: the same words and figures as on paper."""

from datetime import UTC

from meterproof_api.context import Context
from meterproof_api.pages import render
from meterproof_api.statements.amounts import TONNES, claimed
from meterproof_api.statements.document import StatementShape
from meterproof_api.statements.shelf import Shelf, Shelved
from meterproof_api.statements.view_outcome import verified_of
from meterproof_api.statements.view_stream import period_text
from meterproof_api.statements.views import country_name, statement_view
from meterproof_api.wording import say


def statements_page(shelf: Shelf) -> bytes:
    """Return the list of the current statements."""
    rows = [_row(entry) for entry in shelf.current()]
    lost = [say("statements.unreadable_one", name=file.path.name, reason=file.reason) for file in shelf.unreadable()]
    return render("statements.html", title=say("statements.title"), rows=rows, unreadable=lost)


def statement_page(entry: Shelved, shelf: Shelf, context: Context) -> bytes:
    """Return the page of one version of a statement."""
    view = statement_view(entry.shape)
    newest = shelf.find(entry.statement_id) or entry
    newer = ""
    if newest.version != entry.version:
        newer = say("statement.newer", version=newest.version, date=_day(newest))
    base = f"/api/v1/statements/{entry.statement_id}"
    return render(
        "statement.html",
        title=say("statement.page_title", name=view.plant),
        view=view,
        newer=newer,
        base=base,
        picture_base=f"/statements/{entry.statement_id}",
        plant_is_here=context.plants.plant(view.plant_id) is not None,
        bundle_tag=context.drawing.bundle_tag,
    )


def _row(entry: Shelved) -> dict[str, object]:
    shape = entry.shape
    return {
        "id": shape.statement_id,
        "plant": shape.plant.name,
        "where": country_name(shape.plant.country),
        "simulated": shape.simulated,
        "period": period_text(shape.reporting_period),
        "status": shape.status,
        "badge": say(f"statement.badge_{shape.status}"),
        "verified": _verified(shape),
        "issued": f"{_day(entry)}, {say('statement.version_of', version=entry.version)}, {shape.state}",
    }


def _verified(shape: StatementShape) -> str:
    if shape.tonnes is not None:
        return claimed(shape.tonnes.verified_co2e_t, TONNES)
    amounts = [claimed(verified_of(stream, shape), stream.unit) for stream in shape.streams if stream.linked_options]
    return "; ".join(amounts) or claimed(0.0, TONNES)


def _day(entry: Shelved) -> str:
    return f"{entry.issued_at.astimezone(UTC):%Y-%m-%d}"
