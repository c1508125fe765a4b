"""A plant as a user writes it into a plants file, for tests of the local server."""

PLANTS = """\
[[plant]]
id = "trial-mill"
name = "Trial Mill"
country = "LK"
sector = "textiles"
time_zone = "Asia/Colombo"
simulated = true
origin = "Simulated for a test."
produces = true
baseline_period = { start = 2025-01-01, end = 2025-07-01 }
reporting_period = { start = 2025-07-01, end = 2026-01-01 }

[[plant.points]]
id = "main"
label = "Main incomer"

[[plant.streams]]
id = "electricity"
label = "Electricity"
carrier = "electricity"
point = "main"
quantity = "energy_import_kwh"
drivers = ["day_type"]
"""
