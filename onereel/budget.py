"""The budget of one run: what may be spent, what is spent, what is promised. Between processes: ``wall``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from onereel.calls import calls_of
from onereel.crew import Vault
from onereel.errors import BudgetReached


class Amounts(dict[str, float]):
    """Dollars by key.

    Attributes:
        total: Their sum, kept as they change: else a thousand calls would be added up at every one of a thousand.
    """

    def __init__(self, given: Mapping[str, float] | None = None) -> None:
        super().__init__(given or {})
        self.total = sum(self.values())

    def put(self, key: str, usd: float) -> None:
        """Set an amount."""
        self.total += usd - self.get(key, 0.0)
        self[key] = usd

    def take(self, key: str) -> float | None:
        """Return an amount and forget it; None if there is none."""
        usd = self.pop(key, None)
        self.total = self.total - (usd or 0.0) if self else 0.0
        return usd

    def without(self, keys: Iterable[str]) -> float:
        """Return the sum of all others."""
        return self.total - sum(self.get(key, 0.0) for key in keys)


@dataclass
class Budget:
    """A wall: what may be spent, what is spent, what is promised."""

    limit: float
    spent: float = 0.0
    reserved: Amounts = field(default_factory=Amounts)

    def reserve(self, key: str, usd: float, label: str) -> None:
        """Promise money to a call, or refuse it.

        Raises:
            BudgetReached: It would go over; nothing is promised.
        """
        promised = self.reserved.total
        if self.spent + promised + usd > self.limit + 1e-9:
            raise BudgetReached(
                f"{label} may cost ${usd:.2f}; ${self.spent:.2f} is spent and ${promised:.2f} promised of the "
                f"${self.limit:.2f} budget; raise budget_usd to go on"
            )
        self.reserved.put(key, usd)

    def settle(self, key: str, usd: float) -> None:
        """Replace a promise with what it came to. What was promised elsewhere is not ours to count."""
        if self.reserved.take(key) is not None:
            self.spent += usd


def budget_for(vault: Vault, production: str, limit: float) -> Budget:
    """Return the budget of a production as earlier runs left it: what they spent, and what they promised. Blocks."""
    own = [call for call in calls_of(vault, production) if call.intent.production == production]
    return Budget(
        limit=limit,
        spent=sum(call.outcome.usd for call in own if call.outcome),
        reserved=Amounts({call.intent.key: call.intent.usd for call in own if not call.outcome}),
    )
