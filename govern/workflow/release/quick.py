"""`deploy --check` for those who start a process to ask it: an entry point, an admission controller.

It answers only where the kept state is of exactly as many entries as the ledger has, under the root that its newest
checkpoint names, and not fewer than the trusted checkpoint says. Then it loads no SQLAlchemy, no pydantic and no
cryptography: the kept rows lie where the keys lie, and are believed as they are. What they say was decided is held against
the decisions themselves, as the long way does: an entry may claim another verdict. Where the kept state is behind, what is
new is guarded, folded and kept first; where that is not enough it gives None, and the caller asks the long way round.
"""

import hashlib
import json
import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from govern.domain.kept import Kept
from govern.domain.text import instant
from govern.errors import GovernError
from govern.lineage.permission import DEPLOY_GATE, Permission, may_run, promote_gate
from govern.lineage.records import DecisionRecord
from govern.lineage.refs import resolve
from govern.lineage.snapshot import latest, stored
from govern.store.glance import head_of
from govern.store.read_tables import ReadTables

SQLITE = "sqlite:///"


def data_folder() -> Path:
    """Where a user's checkpoints and read tables lie: as `govern.trust.home` says, without what that loads."""
    chosen = os.environ.get("GOVERN_HOME")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("govern")


def quick_check(folder: Path, ref: str, *, to: str, now: datetime | None = None) -> Permission | None:
    """Whether a model may run in the environment `to` of the workspace in `folder` (its `.govern`); None if not sure.

    Raises `NotFoundError` for a reference that names no model.
    """
    try:
        config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
        origin, url = str(config["origin"]), str(config.get("database", f"{SQLITE}ledger.db"))
        environments: dict[str, Any] = config.get("environments", {"staging": "", "production": ""})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError):
        return None
    if not url.startswith(SQLITE) or to not in environments:
        return None
    word = hashlib.sha256(origin.encode()).hexdigest()[:32]
    file = data_folder() / "read-tables" / f"{word}.db"
    try:
        if not file.is_file() or _trusted(word) is None:
            return None
        rows, ledger = ReadTables(file), folder / url.removeprefix(SQLITE)
        kept = _newest(rows, word, ledger)
        if kept is None:
            _catch_up(folder)
            kept = _newest(rows, word, ledger)
        if kept is None:
            return None
        state = stored(rows, kept)
    except GovernError:
        return None
    model = resolve(state, ref, kinds=("model",))
    granted = may_run(state, model.digest, to, now or datetime.now(UTC))
    stages = {one.fact.stage for one in state.deployments_of(model.digest) if one.ended is None and one.fact.environment == to}
    # Whatever is not plain is asked the long way, which says what is wrong.
    if not stages <= {environments[to] or to}:
        return None
    gates = (*(promote_gate(stage) for stage in stages), DEPLOY_GATE)
    decided = [one for one in (state.latest_decision(model.digest, gate) for gate in gates) if one is not None]
    return granted if not granted.allowed or all(_is_so(folder / "objects", one) for one in decided) else None


def _newest(rows: ReadTables, word: str, ledger: Path) -> Kept | None:
    """The kept state of this ledger as it is; None where there is none, or the ledger is behind what is trusted, or beside it."""
    kept, trusted, (size, root) = latest(rows), _trusted(word), head_of(ledger)
    if kept is None or trusted is None or (kept.size, kept.root) != (size, root):
        return None
    return kept if trusted[0] < size or trusted == (size, root) else None


def _catch_up(folder: Path) -> None:
    """Guard, fold and keep what is new in a ledger, which loads half of what the long way does. Raises `GovernError`."""
    from govern.trust.home import Home
    from govern.workflow.place.workspace import Workspace

    with Workspace(folder, Home.default()) as workspace:
        workspace.state()


def _is_so(objects: Path, record: DecisionRecord) -> bool:
    """Whether the decision that an entry names is at hand and says what the entry says, as far as running rests on it."""
    word = record.digest.removeprefix("sha256:")
    fact = record.fact
    try:
        data = (objects / word[:2] / word[2:]).read_bytes()
        stored = json.loads(data)
        statuses = {f"{one['policy_name']}/{one['rule']}": one["status"] for one in stored["rules"]}
        quorum = [(one["role"], one["count"], *one["distinct_from"]) for one in stored["approvals"]]
        said = (stored["subject"], stored["gate"], stored["system"], stored["outcome"], stored["expires"], statuses, quorum)
        rests = [stored[name] for name in ("evidence", "policies", "bindings")]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    mine = (
        record.model, fact.gate, fact.system, fact.outcome, None if fact.expires is None else instant(fact.expires),
        dict(fact.statuses), [(one.role, one.count, *one.distinct_from) for one in fact.approvals],
    )
    same = mine == said and rests == [list(fact.evidence), list(fact.policies), list(fact.bindings)]
    return same and hashlib.sha256(data).hexdigest() == word


def _trusted(word: str) -> tuple[int, str] | None:
    """Size and root of the trusted checkpoint; None where there is none that can be read."""
    try:
        known = json.loads((data_folder() / "checkpoints" / f"{word}.json").read_text(encoding="utf-8"))
        return int(known["size"]), str(known["root"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
