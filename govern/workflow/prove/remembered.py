"""When this user last verified a ledger to its end, and how far: what the signed local mark says."""

from datetime import UTC, datetime

from govern.ledger.mark import MarkStore
from govern.trust.home import Home
from govern.workflow.lately_views import Proved


def last_proved(home: Home, origin: str) -> Proved | None:
    """The last complete verification of a ledger, or None where there was none that this user's mark vouches for."""
    marks = MarkStore(home.checkpoint_folder, origin)
    found = marks.read()
    try:
        written = marks.path.stat().st_mtime
    except OSError:
        return None
    return None if found is None else Proved(size=found.head.size, time=datetime.fromtimestamp(written, UTC))
