"""Falls: what was handed to a fallback, as kept before the fallback is asked.

A run that ends while the fallback is at work leaves nothing else that says so: asked anew, the first model might take
it on, and both would be paid.
"""

import contextlib

from pydantic import Field

from onereel.crew import Vault
from onereel.errors import NotInVault
from onereel.media import first_kept, read_noun
from onereel.noun import Noun
from onereel.slate import fall_key
from onereel.storyboard import Shot
from onereel.takes import Rescue


class Fall(Noun):
    """How a fallback is asked for something."""

    shot: Shot | None = Field(description="In the words it has; none where there is no shot, as for a character sheet.")
    rescues: tuple[Rescue, ...] = Field(description="What was done about it, and why.")


def keep_fall(vault: Vault, production: str, recipe: str, fall: Fall) -> Fall:
    """Keep that what goes by a recipe is asked of the fallback; return how, by whoever said so first. Blocks."""
    return first_kept(vault, fall_key(production, recipe), fall)


def fall_of(vault: Vault, production: str, recipe: str) -> Fall | None:
    """Return how the fallback was asked for what goes by a recipe, or None. Blocks."""
    with contextlib.suppress(NotInVault):
        return read_noun(vault, fall_key(production, recipe), Fall)
    return None
