"""What a link says of the page's run and of the run before it: what they were computed from, so that any server can
make them again."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from lrcore.recipes.recipe import Recipe, parse_param
from lrcore.settings import Text
from pages.components.state.controls import SEED, Control
from pages.components.state.recipe_panel import recipe_link

AS_SET = "as set"
RUN = Control("run", Text(label="The run of this link", longest=1000))
"""The run that the page shows, as `RunSettings.spell` has it, or `AS_SET` for what is set. It has no widget."""
BEFORE = Control("before", Text(label="The run before the one of this link", longest=1000))
"""The run before it, which stays in the charts in grey; likewise."""


MOST_UPDATES = 30_000
"""The most updates of one run; a longer run ends before. One Keras serves all readers."""


@dataclass(frozen=True)
class RunSettings:
    """Everything that determines a run: its recipe, its seed, and the epoch after which it ends (None: the last)."""

    recipe: Recipe
    seed: int
    until: int | None = None

    @property
    def last(self) -> int:
        """The epoch after which it ends, at the latest."""
        return min(self.until or self.recipe.epochs, most_epochs(self.recipe))

    def spell(self) -> str:
        """The run as a link's text, from which `parse` makes equal settings."""
        until = {"until": self.until} if self.until else {}
        return urlencode({**self.recipe.to_params(), "seed": self.seed, **until})

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> RunSettings:
        """The settings that a link's text spells; `seed` where it names none.

        Raises:
            ValueError: the text is no list of parameters, or one of them breaks its rule.
        """
        params = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
        until = parse_param("epochs", params.pop("until")) if "until" in params else None
        seed = SEED.setting.parse("seed", params.pop("seed", str(seed)))
        return cls(Recipe.from_params(params), seed, until)


def most_epochs(recipe: Recipe) -> int:
    """How many epochs of the recipe Keras trains at most."""
    return MOST_UPDATES // recipe.updates_per_epoch()


def run_link(recipe: Recipe) -> dict[str, str]:
    """The parameters of a link that sets the recipe and trains it."""
    return recipe_link(recipe) | {RUN.key: AS_SET}
