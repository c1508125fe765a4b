"""The ways between the dashboards.

Only what means the same on both sides is carried along: on the plant's dashboard several metering points are chosen, on
the meter's one.
"""

from meterproof_dashboards.dashboard import Link

PLANT_UID = "meterproof-plant"
METER_UID = "meterproof-meter"
GATEWAYS_UID = "meterproof-gateways"

TO_PLANT = Link("Plant overview", PLANT_UID, ("plant", "tz"))
TO_METER = Link("Meter detail and data quality", METER_UID, ("plant", "tz"))
TO_GATEWAYS = Link("Gateway and collector health", GATEWAYS_UID, ("plant",))
FROM_GATEWAYS = (Link(TO_PLANT.title, PLANT_UID, ("plant",)), Link(TO_METER.title, METER_UID, ("plant",)))
