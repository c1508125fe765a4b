"""The controlled words of cleaner production. Keys are stable; what people read is translated from them."""

from enum import StrEnum


class Technique(StrEnum):
    """The eight techniques of cleaner production; an option has exactly one."""

    GOOD_HOUSEKEEPING = "good_housekeeping"
    INPUT_MATERIAL_CHANGE = "input_material_change"
    BETTER_PROCESS_CONTROL = "better_process_control"
    EQUIPMENT_MODIFICATION = "equipment_modification"
    TECHNOLOGY_CHANGE = "technology_change"
    ON_SITE_RECOVERY_REUSE = "on_site_recovery_reuse"
    PRODUCTION_OF_USEFUL_BY_PRODUCTS = "production_of_useful_by_products"
    PRODUCT_MODIFICATION = "product_modification"


class OptionState(StrEnum):
    """How far an option has come; a state is never skipped and figures of two states are never added."""

    IDENTIFIED = "identified"
    FEASIBLE = "feasible"
    IMPLEMENTED = "implemented"
    MONITORED = "monitored"
    VERIFIED = "verified"
    REJECTED = "rejected"


class Origin(StrEnum):
    """What kind of evidence a figure is."""

    METER = "meter"
    BILL = "bill"
    LOG = "log"
    INTERVIEW = "interview"
    SPOT = "spot"


class Grain(StrEnum):
    """How long the rows are that are compared: the plant's own days or its calendar months."""

    DAY = "day"
    MONTH = "month"
