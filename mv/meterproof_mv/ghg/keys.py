"""The words that factors are chosen by: a word that nobody knows would be chosen by nobody, without a sound."""

from collections.abc import Mapping

SECTORS: Mapping[str, str] = {
    "manufacturing": "manufacturing industries and construction",
    "energy": "energy industries",
    "institutional": "commercial and institutional boilers",
    "process": "process emissions, such as calcination",
}
"""What `Factor.sector` may be, and what it means; empty where it does not matter."""

BASES: Mapping[str, str] = {
    "default": "the value of its table",
    "location_average": "average of a grid, for inventories and scope 2",
    "generation": "the same without losses of transmission and distribution",
    "t_and_d": "losses of transmission and distribution: scope 3",
    "total": "generation and losses in one figure: mixes scopes 2 and 3",
    "upstream": "fuel chain of the power stations: scope 3",
    "market": "contracts and certificates",
    "OM": "operating margin",
    "BM": "build margin",
    "CM": "combined margin, for project claims",
    "CM_wind_solar": "combined margin of wind and solar projects",
    "marginal": "marginal power station",
    "conservative": "set low on purpose by a crediting scheme",
    "comparison": "kept to be compared with, never used",
    "fossil": "variant of a global warming potential for fossil methane",
    "non_fossil": "the same for methane that is not",
    "developing_countries": "default for developing countries",
    "developed_countries": "default for developed countries",
    "net_per_gross": "net heating value over gross, of one fuel",
}
"""What `Factor.basis` may be, and what it means."""

BASES_NOT_USED = frozenset({"comparison", "total"})
"""Records that must not turn activity into tonnes: a verifier may look at them."""

INCLUDES_LOSSES = ("yes", "no", "unknown")
"""What `Factor.includes_losses` may be; empty where the question does not arise."""

OFFICIAL = ("yes", "no", "computed")
"""What `Factor.official` may be; empty where the question does not arise."""
