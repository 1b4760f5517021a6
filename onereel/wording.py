"""How alike two prompts are: by the words they share, each weighing the more the fewer others say it. Pure."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

_WORD: Final = re.compile(r"\w+")


class Wordings:
    """Texts, prepared to find those that say nearly what another says.

    Prompts are made by one pattern, so most of their words say nothing: what all texts share weighs next to nothing.
    """

    def __init__(self, texts: Sequence[str], pattern: str = "") -> None:
        """Take the texts in, once; about 20 microseconds each.

        Args:
            texts: To be searched.
            pattern: Words all are made with, which say nothing even where there are few texts to learn that from.
        """
        self._said_anyway = words_of(pattern)
        self._sets = [self._words(text) for text in texts]
        self._counts = Counter(word for words in self._sets for word in words)
        self._saying: defaultdict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(self._sets):
            for word in words:
                self._saying[word].append(number)

    def near(self, text: str, least: float) -> list[tuple[int, float]]:
        """Return positions of texts that share at least so much of their weight with one, 0 to 1; most alike first.

        Only texts that share one of the rarest words are looked at: who shares none of those that make up more than
        `1 - least` of the weight cannot share enough of the rest.
        """
        wanted = self._words(text)
        spare, candidates = (1 - least) * sum(map(self._weight, wanted)), set[int]()
        for word in sorted(wanted, key=self._weight, reverse=True):
            candidates.update(self._saying.get(word, ()))
            spare -= self._weight(word)
            if spare < 0:
                break
        found = ((number, self._shared(wanted, self._sets[number])) for number in candidates)
        return sorted((one for one in found if one[1] >= least), key=lambda one: (-one[1], one[0]))

    def _words(self, text: str) -> frozenset[str]:
        return words_of(text) - self._said_anyway

    def _weight(self, word: str) -> float:
        return math.log((len(self._sets) + 2) / (self._counts[word] + 1))

    def _shared(self, a: frozenset[str], b: frozenset[str]) -> float:
        if a == b:
            return 1.0
        both = sum(map(self._weight, a & b))
        return both / (both + sum(map(self._weight, a ^ b)))


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, whatever their case, order and punctuation."""
    return frozenset(_WORD.findall(text.casefold()))
