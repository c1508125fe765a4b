"""``maps``: which meters are known, and what is known of one."""

from typing import Annotated

import typer

from meterproof_core.command_line import clear_errors, print_json
from meterproof_edge.cli_output import print_columns
from meterproof_edge.map_library import find_map, shipped_maps
from meterproof_edge.registers import RegisterMap


def maps(
    *,
    map_id: Annotated[
        str | None, typer.Argument(metavar="MAP", help="Id of a shipped map, or the path of a .toml file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the register maps, or show one.

    For example:

        meterproof-edge maps

        meterproof-edge maps schneider-iem3155

        meterproof-edge maps ./my-meter.toml --json
    """
    with clear_errors():
        if map_id is None:
            _list(as_json=as_json)
        else:
            _show(find_map(map_id), as_json=as_json)


def _list(*, as_json: bool) -> None:
    known = shipped_maps().values()
    if as_json:
        print_json([{"id": one.id, "version": one.version, "vendor": one.vendor, "model": one.model} for one in known])
        return
    print_columns(
        ("map", "version", "vendor", "model", "registers"),
        ((one.id, one.version, one.vendor, one.model, len(one.registers)) for one in known),
    )


def _show(meter_map: RegisterMap, *, as_json: bool) -> None:
    if as_json:
        print_json(meter_map)
        return
    typer.echo(f"{meter_map.vendor} {meter_map.model}, map {meter_map.id} version {meter_map.version}")
    typer.echo(f"at most {meter_map.max_registers} registers a request, pause {meter_map.min_gap_ms} ms")
    if meter_map.note:
        typer.echo(meter_map.note)
    for key, source in meter_map.sources.items():
        typer.echo(f"source {key}: {source}")
    typer.echo()
    print_columns(
        ("quantity", "function", "address", "type", "order", "scale", "unit", "trust", "optional"),
        (
            (
                one.label,
                one.function,
                one.address,
                one.type,
                one.order,
                one.scale,
                one.unit,
                one.trust,
                _yes(one.optional),
            )
            for one in meter_map.registers
        ),
    )


def _yes(optional: bool) -> str:
    return "yes" if optional else ""
