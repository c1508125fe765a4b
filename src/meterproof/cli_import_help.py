"""The help of ``meterproof import``, kind by kind: what a file of it holds, and a call to begin with."""

from meterproof_api.importing.kinds import Kind

_EXAMPLES = {
    Kind.BILLS: (
        "Bills: amounts from one reading of the meter to the next.",
        "bills gas.csv --plant north-mill --series natural_gas --unit kWh --data ./meterproof-data --dry-run",
        "bills gas.xlsx --plant north-mill --series natural_gas --map amount=Verbrauch --decimal-comma --data DIR",
    ),
    Kind.PRODUCTION: (
        "Production by day, week or month.",
        "production output.csv --plant north-mill --series output --unit t --data ./meterproof-data",
    ),
    Kind.DRIVERS: (
        "What else drives consumption, such as degree days; its unit stays as stated.",
        "drivers hdd.csv --plant north-mill --series hdd18 --unit degC.d --data ./meterproof-data",
    ),
    Kind.MATERIALS: (
        "Materials that went in.",
        "materials clay.csv --plant north-mill --series clay --unit t --data ./meterproof-data",
    ),
    Kind.WASTE: (
        "Waste that came out.",
        "waste sludge.csv --plant north-mill --series sludge --unit kg --data ./meterproof-data",
    ),
    Kind.INTERVALS: (
        "History of a counter: amounts from an instant to the next. What a gateway metered is never overwritten.",
        "intervals history.csv --plant north-mill --plants plants.toml --point main --quantity energy_import_kwh "
        "--label start --data ./meterproof-data",
        "intervals wide.csv --plant north-mill --map main/energy_import_kwh=Mains --time-zone UTC --influx URL",
    ),
    Kind.READINGS: (
        "What gauges and registers showed at instants. A counter needs a gateway that told how it reads it.",
        "readings temperature.csv --plant north-mill --point kiln --quantity temperature_c --time-zone UTC --data DIR",
    ),
}


def help_of(kind: Kind) -> str:
    """Return the help of a kind's command: what its rows are, and examples."""
    first, *examples = _EXAMPLES[kind]
    shown = "\n\n".join(f"    meterproof import {example}" for example in examples)
    return f"{first}\n\nFor example:\n\n{shown}\n"
