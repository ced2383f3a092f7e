"""What decided over the way of a message, kept beside it for whoever asks later why it went so."""

from app.client.routing import Forecast
from app.domain.bearer import Capability, TextRoute
from app.storage import messages, people, routes
from app.storage.jobs import Job
from app.storage.transaction import Tx


def keep(tx: Tx, job: Job, found: Forecast) -> None:
    """In place of the decision before."""
    if job.row is None or messages.get(tx, job.row) is None:
        return
    choice = found.choice
    route = choice.route or TextRoute(0)
    routes.save(tx, routes.Route(
        job.row, job.person, tx.now, found.capability, _asked_at(tx, job, found), choice.bearer, choice.why,
        found.rules.policy, found.rules.ever_rich, found.rules.yes, route.segments,
        routes.UNKNOWN if route.unpriced else route.price, route.currency, route.mms,
    ))  # fmt: skip


def _asked_at(tx: Tx, job: Job, found: Forecast) -> int:
    """Of somebody who is reached encrypted, the directory's last word counts as long as it is fresh."""
    known = people.get(tx, job.person) if found.capability is Capability.RICH else None
    return (known.checked_at if known is not None else 0) or found.asked_at
