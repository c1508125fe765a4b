"""``check``: are the settings sound, and what will be asked of the meters? Opens no socket."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from meterproof_core.command_line import clear_errors, print_json
from meterproof_edge.cli_output import print_columns
from meterproof_edge.configuration import EdgeSettings, MeterSettings
from meterproof_edge.doubts import doubts
from meterproof_edge.plan import Block, WireCost, plan_reads
from meterproof_edge.settings import load_settings


def check(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The gateway's settings.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check settings, certificates, spool and register maps and show the read plan; no meter and no broker is asked.

    For example:

        meterproof-edge check gateway.toml

        meterproof-edge check gateway.toml --json
    """
    with clear_errors():
        loaded = load_settings(settings)
        plans = {meter.point: _plan(meter) for meter in loaded.meters}
        doubtful = doubts(loaded, datetime.now(UTC))
    if as_json:
        print_json({**_report(loaded, plans), "doubts": doubtful})
        return
    for doubt in doubtful:
        typer.echo(f"doubtful: {doubt}", err=True)
    typer.echo(f"plant {loaded.plant}, gateway {loaded.gateway}: settings are sound")
    road = " over TLS" if loaded.broker.address.tls else ""
    typer.echo(f"broker {loaded.broker.address}{road}, spool {loaded.spool.path}, {loaded.spool.max_mib} MiB")
    typer.echo()
    print_columns(
        ("point", "map", "meter", "unit_id", "every s", "at s", "quantities", "requests a poll"),
        (
            (
                meter.point,
                meter.meter_map.id,
                f"{meter.host}:{meter.port}",
                meter.unit_id,
                meter.poll_ms / 1000,
                meter.offset_ms / 1000,
                len(meter.registers),
                len(plans[meter.point]),
            )
            for meter in loaded.meters
        ),
    )
    typer.echo()
    print_columns(
        ("point", "function", "registers", "words", "holds"),
        (
            (
                meter.point,
                block.function,
                f"{block.start} to {block.start + block.count - 1}",
                block.count,
                _names(block),
            )
            for meter in loaded.meters
            for block in plans[meter.point]
        ),
    )


def _plan(meter: MeterSettings) -> tuple[Block, ...]:
    return plan_reads(meter.registers, meter.meter_map.max_registers, WireCost.tcp())


def _names(block: Block) -> str:
    names = [register.quantity for register in block.registers]
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} to {names[-1]} ({len(names)})"


def _report(settings: EdgeSettings, plans: dict[str, tuple[Block, ...]]) -> dict[str, object]:
    return {
        "plant": settings.plant,
        "gateway": settings.gateway,
        "meters": [
            {
                "point": meter.point,
                "map": meter.meter_map.id,
                "host": meter.host,
                "port": meter.port,
                "unit_id": meter.unit_id,
                "poll_ms": meter.poll_ms,
                "offset_ms": meter.offset_ms,
                "requests": [
                    {
                        "function": block.function,
                        "start": block.start,
                        "count": block.count,
                        "quantities": [register.quantity for register in block.registers],
                    }
                    for block in plans[meter.point]
                ],
            }
            for meter in settings.meters
        ],
    }
