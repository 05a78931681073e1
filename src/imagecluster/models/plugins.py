"""Models that other packages add."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from imagecluster.errors import ModelError
from imagecluster.models.declaration import Model

__all__ = ["GROUP", "plugin_model", "plugin_names"]

GROUP = "imagecluster.models"
"""Group of entry points. Each has the name of its model, and refers to a `Model` or to a function without arguments
that returns one."""


def plugin_names() -> tuple[str, ...]:
    """Sorted names of the models that installed packages add; the packages are not imported."""
    return tuple(sorted(_found()))


def plugin_model(name: str) -> Model | None:
    """Declaration of the model that a package adds under this name; None if there is none.

    Raises
    ------
    ModelError
        The package cannot be imported, or does not provide a `Model` of that name.
    """
    entry = _found().get(name)
    if entry is None:
        return None
    try:
        loaded = entry.load()
        model = loaded if isinstance(loaded, Model) else loaded()
    except Exception as error:  # another package may raise anything
        raise ModelError(
            f"the model {name} of {entry.value} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(model, Model) or model.name != name:
        raise ModelError(f"{entry.value} gives {model!r:.80}; expected an imagecluster.models.Model named {name!r}")
    return model


def _found() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
