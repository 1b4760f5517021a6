"""Budget alerts as Prefect events: a producer attaches any notification to them in the UI (Automations)."""

import logging

from prefect.events import emit_event

from onereel.wall import Alert, Scope

log = logging.getLogger(f"onereel.{__name__}")


def alert_for(production: str, vault: str) -> Alert:
    """Return what tells of the budgets of a run: events `onereel.budget.50`, `.80` and `.100`, each once a run.

    The resource is `onereel.production.<name>`, or `onereel.vault` for the budget of a day; the run is related to it.
    """

    def tell(scope: Scope, level: int, usd: float, limit: float) -> None:
        whose = f"the {scope} budget of ${limit:.2f}"
        log.warning("%s: %d %% of %s is spent or promised ($%.2f)", production, level, whose, usd)
        emit_event(
            event=f"onereel.budget.{level}",
            resource={
                "prefect.resource.id": f"onereel.production.{production}" if scope == "production" else "onereel.vault",
                "prefect.resource.name": production if scope == "production" else vault,
            },
            payload={
                "production": production,
                "vault": vault,
                "scope": scope,
                "percent": level,
                "usd": round(usd, 6),
                "limit_usd": limit,
            },
        )

    return tell
