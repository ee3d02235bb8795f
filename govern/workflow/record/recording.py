"""Recording what exists: systems, datasets, runs and models. Digests are computed here, from the bytes at hand."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from govern.canonical.statement import fact_digest
from govern.domain.facts import DatasetFact, Input, ModelFact, RunFact, SystemFact
from govern.domain.statement import Draft
from govern.domain.text import DecimalText, Digest, decimal_of, decimal_text
from govern.errors import UsageError
from govern.lineage.refs import resolve
from govern.workflow.interface import Passphrases
from govern.workflow.place.places import Places, file_digest
from govern.workflow.place.workspace import Workspace, about, settled
from govern.workflow.views import Written

MEDIA_TYPES = {
    ".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".skops": "application/vnd.skops",
    ".json": "application/json", ".onnx": "application/onnx",
}
NAME_LIMIT = 120
"""Names stand in tables and on paper."""


def checked_name(name: str, what: str) -> str:
    """Check a name that goes into the ledger for ever. Raises `UsageError`."""
    if not name or len(name) > NAME_LIMIT or any(c.isspace() or c in "@#*/\\:" or not c.isprintable() for c in name):
        raise UsageError(
            f"“{name[:NAME_LIMIT]}” can't be the name of a {what}",
            "Use letters, digits, points, dashes and underscores; no spaces and none of @ # * / \\ :",
        )
    return name


def record_system(ws: Workspace, fact: SystemFact, *, key: str | None = None, passphrases: Passphrases) -> Written:
    """Record a system, or a new description of one. Raises `UsageError`, `Refused`."""
    checked_name(fact.name, "system")
    draft = Draft(subjects=about(f"system/{fact.name}", fact_digest(fact)), fact=fact)
    return ws.write([draft], key=ws.key_for("recorder", key), passphrases=passphrases)[0]


def record_dataset(
    ws: Workspace, path: Path, *, name: str, version: str | None = None, purpose: str = "", period: str = "",
    sources: Sequence[str] = (), key: str | None = None, passphrases: Passphrases,
) -> Written:
    """Record a version of a dataset by the digest of its bytes; only its shape goes into the ledger.

    Raises `UsageError`, `DataError`, `Refused`.
    """
    from govern.measure import describe

    checked_name(name, "dataset")
    digest = file_digest(path)
    shape = describe(path)

    def attempt() -> Written:
        state = ws.state()
        known = {record.fact.version: record.digest for record in state.datasets.values() if record.fact.name == name}
        same = state.datasets.get(digest)
        chosen = version or (same.fact.version if same and same.fact.name == name else next_version(tuple(known)))
        if same is not None and same.name != f"{name}@{chosen}":
            # A second name would lead nowhere: what happens to these bytes happens to the one dataset that they are.
            raise UsageError(
                f"these bytes are recorded already, as {same.name} (#{same.index})", "A dataset is identified by its bytes: use that name."
            )
        _free(known, f"{name}@{chosen}", chosen, digest)
        fact = DatasetFact(
            name=name, version=checked_name(chosen, "version"), media_type=shape.media_type, size=path.stat().st_size,
            rows=shape.rows, columns=shape.columns, purpose=purpose, period=period,
            sources=tuple(_input(ws, ref) for ref in sources),
        )
        draft = Draft(subjects=about(f"{name}@{chosen}", digest), fact=fact)
        return ws.write([draft], at=state.size, key=ws.key_for("recorder", key), passphrases=passphrases)[0]

    result = settled(attempt)
    Places(ws.folder).remember(digest, path)
    return result


def record_run(
    ws: Workspace, *, name: str, system: str, inputs: Sequence[str], parameters: Mapping[str, str],
    metrics: Mapping[str, str], seeds: Mapping[str, int], started: datetime, finished: datetime,
    code: Path | None = None, code_revision: str = "", code_dirty: bool = False, environment: Path | None = None,
    versions: Mapping[str, str] | None = None, outcome: str = "completed", key: str | None = None,
    passphrases: Passphrases,
) -> Written:
    """Record one execution, with what it started from. Raises `UsageError`, `Refused`."""
    fact = RunFact(
        name=checked_name(name, "run"),
        system=_known_system(ws, system),
        inputs=tuple(_input(ws, ref) for ref in inputs),
        parameters=dict(parameters),
        metrics={metric: decimal_text(decimal_of(value)) for metric, value in metrics.items()},
        seeds=dict(seeds),
        code=Input(name=code.name, digest=file_digest(code)) if code else None,
        code_revision=code_revision,
        code_dirty=code_dirty,
        environment=Input(name=environment.name, digest=file_digest(environment)) if environment else None,
        platform={"python": platform.python_version(), **(versions or {})},
        started=started, finished=finished,
        outcome=outcome,  # type: ignore[arg-type] # the value's own check names the words that it may be
    )
    for file in (code, environment):
        if file is not None:
            Places(ws.folder).remember(file_digest(file), file)
    draft = Draft(subjects=about(f"run/{name}", fact_digest(fact)), fact=fact)
    return ws.write([draft], key=ws.key_for("recorder", key), passphrases=passphrases)[0]


def record_model(
    ws: Workspace, path: Path, *, name: str, system: str, version: str | None = None, run: str | None = None,
    datasets: Sequence[str] = (), threshold: str = "", baseline: str | None = None, key: str | None = None,
    passphrases: Passphrases,
) -> Written:
    """Record a version of a model by the digest of its file's bytes.

    A skops file is looked into without loading it; a pickle is refused. Raises `UsageError`, `UnsafeModelError`,
    `Refused`.
    """
    from govern.measure import check_model_file

    checked_name(name, "model")
    digest = file_digest(path)
    shape = check_model_file(path, ws.config.models.allowed_types)

    def attempt() -> Written:
        state = ws.state()
        if digest in state.models:
            raise UsageError(
                f"this file is recorded already, as {state.models[digest].name}",
                "A version is identified by its bytes: use that one, or train anew.",
            )
        known = {record.fact.version: record.digest for record in state.model_line(name)}
        chosen = version or next_version(tuple(known))
        _free(known, f"{name}@{chosen}", chosen, digest)
        fact = ModelFact(
            name=name, version=checked_name(chosen, "version"), system=_known_system(ws, system),
            media_type=shape.media_type, size=path.stat().st_size,
            run=resolve(state, run, kinds=("run",)).digest if run else None,
            datasets=tuple(_input(ws, ref) for ref in datasets),
            threshold=decimal_text(decimal_of(threshold)) if threshold else DecimalText(""),
            features=tuple(shape.features),
            baseline=resolve(state, baseline, kinds=("model",)).digest if baseline else None,
        )
        draft = Draft(subjects=about(f"{name}@{chosen}", digest), fact=fact)
        return ws.write([draft], at=state.size, key=ws.key_for("recorder", key), passphrases=passphrases)[0]

    result = settled(attempt)
    Places(ws.folder).remember(digest, path)
    return result


def _free(known: Mapping[str, Digest], name: str, version: str, digest: Digest) -> None:
    """Refuse a version that other bytes have already."""
    if known.get(version, digest) != digest:
        raise UsageError(
            f"{name} is recorded already, with other bytes", "A version never changes: leave --version out for the next one."
        )


def end_existence(
    ws: Workspace, ref: str, *, state: str, reason: str, key: str | None = None, passphrases: Passphrases
) -> Written:
    """Withdraw or supersede a dataset, or revoke a model: a new entry of the same subject. Raises `UsageError`."""
    if not reason.strip():
        raise UsageError("a reason is missing", "Say in one sentence why, with --reason.")
    node = resolve(ws.state(), ref, kinds=("dataset", "model"))
    fact = ws.ledger.entry(node.index).fact
    if not isinstance(fact, DatasetFact | ModelFact):
        raise UsageError(f"{ref} is a {fact.KIND}", "Only datasets and models can be withdrawn or revoked.")
    ended = replace(fact, state=state, reason=reason.strip())  # type: ignore[arg-type] # checked when written
    draft = Draft(subjects=about(node.name, node.digest), fact=ended)
    return ws.write([draft], key=ws.key_for("recorder", key), passphrases=passphrases)[0]


def next_version(versions: Sequence[str]) -> str:
    """Return the whole number after the highest one in use."""
    return str(max((int(v) for v in versions if v.isdecimal()), default=0) + 1)


def _known_system(ws: Workspace, name: str) -> str:
    return resolve(ws.state(), name if name.startswith("system/") else f"system/{name}", kinds=("system",)).name.removeprefix("system/")


def _input(ws: Workspace, ref: str) -> Input:
    node = resolve(ws.state(), ref, kinds=("dataset", "run", "model"))
    return Input(name=node.name, digest=Digest(node.digest))
