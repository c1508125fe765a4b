"""The names of the InfluxDB schema, version 1, that queries use."""

COUNTERS = "counters"
GAUGES = "gauges"
READINGS = "readings"
INTERVALS = "intervals"
JOURNAL = "journal"
RAW_INT = "__raw_i"
RAW_UINT_TEXT = "__raw_u"
RAW_FLOAT = "__raw_f"
RAW_COMPOSITE = "__raw_c"
QUALITY = "_quality"
CONFIG = "_config"
STREAM = "_stream"
GATEWAY = "_gateway"
SEQ = "_seq"
STATE_INTERVAL = 1
STATE_TAKEN_AWAY = 0
STATE_SPAN = 2
