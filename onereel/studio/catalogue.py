"""Which models this studio answers for, and Google's words for those it does not."""

from collections.abc import Mapping
from typing import Any, TypeVar

from onereel.models import RETIRED, Model, ModelTable, Surface
from onereel.studio.wire import Rejected, not_found

M = TypeVar("M", bound=Model)


def listed(table: ModelTable) -> dict[str, Any]:
    """Return the answer to ``GET models``."""
    verbs = ((table.text, "generateContent"), (table.image, "generateContent"), (table.video, "predictLongRunning"))
    return {
        "models": [
            {"name": f"models/{model.id}", "displayName": model.name, "supportedGenerationMethods": [verb]}
            for models, verb in verbs
            for model in models.values()
        ]
    }


def missing(model: str, version: str, verb: str) -> Rejected:
    """Return the 404 for a model that is retired, misspelt, or asked for the wrong thing."""
    retired = RETIRED.get(model)
    if retired is not None and retired.gone:
        use = f"Please use models/{retired.successor} instead."
        return not_found(f"This model models/{model} is no longer available. {use}")
    return not_found(
        f"models/{model} is not found for API version {version}, or is not supported for {verb}. "
        "Call ListModels to see the list of available models and their supported methods."
    )


def find(table: Mapping[str, M], model: str, surface: Surface) -> M | None:
    """Return a model, where this surface offers it."""
    entry = table.get(model)
    return entry if entry is not None and surface in entry.surfaces else None
