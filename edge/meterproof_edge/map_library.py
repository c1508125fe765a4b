"""Register maps from TOML: those that ship with the agent, and a plant's own, checked by the same rules.

A meter is data. A new model is one TOML file beside the others and one case folder; a file of the plant's own works
like a shipped one, named by its path.
"""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from meterproof_core.errors import SettingsError
from meterproof_core.toml_tables import convert, read_toml
from meterproof_edge.map_checks import check_map
from meterproof_edge.registers import RegisterMap

_ENDING = ".toml"


def load_map(path: Path | Traversable) -> RegisterMap:
    """Return the register map of a TOML file.

    Raises
    ------
    SettingsError
        Naming the file, the register, the value and what is accepted.
    """
    meter_map = convert(read_toml(path), RegisterMap, path)
    if f"{meter_map.id}{_ENDING}" != path.name:
        raise SettingsError(
            f"{path}: id {meter_map.id!r} is not the file's name; use {path.name.removesuffix(_ENDING)!r}"
        )
    try:
        check_map(meter_map)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
    return meter_map


def shipped_maps() -> Mapping[str, RegisterMap]:
    """Return the maps that ship with the agent, by id, sorted."""
    return {name: load_map(file) for name, file in _shipped_files().items()}


def find_map(name: str, *, beside: Path | None = None) -> RegisterMap:
    """Return a shipped map by its id, or any map by the path of its file.

    Parameters
    ----------
    name : str
        Id of a shipped map, or a path that ends in ``.toml``.
    beside : Path, optional
        Folder from which a relative path counts; the working directory when left out.

    Raises
    ------
    SettingsError
        When there is no such map, or it makes no sense.
    """
    if name.endswith(_ENDING):
        return load_map((beside or Path()) / name)
    shipped = _shipped_files()
    if name not in shipped:
        raise SettingsError(f"map {name!r} unknown; use {', '.join(shipped)}, or the path of a {_ENDING} file")
    return load_map(shipped[name])


def _shipped_files() -> dict[str, Traversable]:
    folder = files("meterproof_edge") / "maps"
    found = {file.name.removesuffix(_ENDING): file for file in folder.iterdir() if file.name.endswith(_ENDING)}
    return dict(sorted(found.items()))
