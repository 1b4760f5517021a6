"""The budget of one run: what may be spent, what is spent, what is promised. Between processes: ``wall``."""

from dataclasses import dataclass, field

from onereel.calls import calls_of
from onereel.crew import Vault
from onereel.errors import BudgetReached


@dataclass
class Budget:
    """A wall: what may be spent, what is spent, what is promised."""

    limit: float
    spent: float = 0.0
    reserved: dict[str, float] = field(default_factory=dict)

    def reserve(self, key: str, usd: float, label: str) -> None:
        """Promise money to a call, or refuse it.

        Raises:
            BudgetReached: It would go over; nothing is promised.
        """
        promised = sum(self.reserved.values())
        if self.spent + promised + usd > self.limit + 1e-9:
            raise BudgetReached(
                f"{label} may cost ${usd:.2f}; ${self.spent:.2f} is spent and ${promised:.2f} promised of the "
                f"${self.limit:.2f} budget; raise budget_usd to go on"
            )
        self.reserved[key] = usd

    def settle(self, key: str, usd: float) -> None:
        """Replace a promise with what it came to. What was promised elsewhere is not ours to count."""
        if self.reserved.pop(key, None) is not None:
            self.spent += usd


def budget_for(vault: Vault, production: str, limit: float) -> Budget:
    """Return the budget of a production as earlier runs left it: what they spent, and what they promised. Blocks."""
    own = [call for call in calls_of(vault, production) if call.intent.production == production]
    return Budget(
        limit=limit,
        spent=sum(call.outcome.usd for call in own if call.outcome),
        reserved={call.intent.key: call.intent.usd for call in own if not call.outcome},
    )
