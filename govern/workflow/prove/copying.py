"""Moving a ledger between databases."""

import time

from govern.errors import UsageError
from govern.store.copying import copy_ledger
from govern.store.ledger import Ledger
from govern.trust.home import Home
from govern.workflow.interface import Progress, silent
from govern.workflow.prove.verifying import view_of
from govern.workflow.verify_views import VerifyView


def copy(source_url: str, target_url: str, *, home: Home, progress: Progress = silent) -> VerifyView:
    """Copy the ledger at one URL to another, which must be empty, and verify the copy.

    Raises `UsageError`, `StorageError`, `VerificationError`.
    """
    if source_url == target_url:
        raise UsageError("source and target are the same database", "Name another target.")
    started = time.perf_counter()
    with Ledger.open(source_url, read_only=True) as source:
        trusted = home.checkpoints(source.origin)
        with copy_ledger(source, target_url, trusted=trusted, progress=progress) as made:
            found = made.verify(trusted=trusted, trust_root=source.trust_root(), progress=progress).check()
    return view_of(found, seconds=time.perf_counter() - started, names=())
