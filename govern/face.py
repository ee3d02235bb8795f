"""The Python face for pipelines: `govern.open()`, runs as context managers, typed results, one exception for a denial.

A face may be shared by threads and inherited by forked processes: each thread of each process works with a ledger
connection of its own, and what is written goes one after the other.
"""

import os
import secrets
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from govern.answers import PendingModel, Recorded, Ref, Verdict, ref_of
from govern.domain.facts import SystemFact
from govern.domain.text import decimal_text
from govern.errors import GovernError, UsageError
from govern.workflow.interface import Passphrases
from govern.workflow.place.workspace import Workspace as Opened
from govern.workflow.views import StatusView, Written

GIT_SECONDS = 10
"""A repository that takes longer to say its commit is on a disk that is not there."""


class _Local(threading.local):
    process = -1
    opened: Opened | None = None


@dataclass(slots=True)
class Workspace:
    """An open workspace. Use it as a context manager, or `close()` it; both close this thread's connection."""

    folder: Path | None = None
    key: str | None = None
    """Name of the key that signs; the configuration's for each role where it is None."""
    passphrases: Passphrases | None = None
    _local: _Local = field(default_factory=_Local, init=False, repr=False)
    _writing: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)
    _owner: int = field(default_factory=os.getpid, init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the workspace now rather than at first use. Raises `UsageError`."""
        if self.passphrases is None:
            from govern.cli.passphrases import source

            self.passphrases = source(None)
        self.folder = self._ws.folder

    @property
    def _ws(self) -> Opened:
        """This thread's workspace in this process: connections don't cross threads or forks."""
        if self._local.opened is None or self._local.process != os.getpid():
            self._local.opened = Opened.open(self.folder)
            self._local.process = os.getpid()
        return self._local.opened

    @property
    def _lock(self) -> threading.RLock:
        """One writer at a time in this process; a fork inherits the lock's state and so gets a new one."""
        if self._owner != os.getpid():
            self._owner, self._writing = os.getpid(), threading.RLock()
        return self._writing

    @property
    def _asks(self) -> Passphrases:
        assert self.passphrases is not None
        return self.passphrases

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        if self._local.opened is not None and self._local.process == os.getpid():
            self._local.opened.close()
        self._local.opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        self.close()

    # ----- recording

    def record_system(self, name: str, **fields: Any) -> Recorded:
        """Record a system: purpose, task, tier, owner, jurisdictions, protected (see `SystemFact`)."""
        from govern.workflow.record.recording import record_system

        try:
            fact = SystemFact(name=name, **fields)
        except TypeError as error:
            raise UsageError(f"a system is not described so: {error}", "See `govern schema system`.") from error
        with self._lock:
            return _recorded(record_system(self._ws, fact, key=self.key, passphrases=self._asks))

    def record_dataset(
        self, path: str | Path, *, name: str, version: str | None = None, purpose: str = "", period: str = "",
        sources: Sequence[Ref] = (),
    ) -> Recorded:
        """Record a file of data by the digest of its bytes; no row of it goes anywhere."""
        from govern.workflow.record.recording import record_dataset

        with self._lock:
            return _recorded(record_dataset(
                self._ws, Path(path), name=name, version=version, purpose=purpose, period=period,
                sources=[ref_of(one) for one in sources], key=self.key, passphrases=self._asks,
            ))

    def record_model(
        self, path: str | Path, *, name: str, system: str, version: str | None = None, run: Ref | None = None,
        datasets: Sequence[Ref] = (), threshold: str = "", baseline: Ref | None = None,
    ) -> Recorded:
        """Record a model file that no run of this face made."""
        from govern.workflow.record.recording import record_model

        with self._lock:
            return _recorded(record_model(
                self._ws, Path(path), name=name, system=system, version=version,
                run=None if run is None else ref_of(run), datasets=[ref_of(one) for one in datasets],
                threshold=threshold, baseline=None if baseline is None else ref_of(baseline), key=self.key,
                passphrases=self._asks,
            ))

    def run(
        self, *, system: str, inputs: Sequence[Ref] = (), parameters: Mapping[str, object] | None = None,
        seeds: Mapping[str, int] | None = None, name: str | None = None, code: str | Path | None = None,
        environment: str | Path | None = None, versions: Mapping[str, str] | None = None,
    ) -> "Run":
        """Begin a run: use it in a `with` block; it and its models are recorded when the block ends.

        `code` is the script, `environment` the lock file or image digest's file; the git commit is found by itself.
        """
        return Run(
            workspace=self, system=system, inputs=tuple(ref_of(one) for one in inputs),
            parameters={key: str(value) for key, value in (parameters or {}).items()}, seeds=dict(seeds or {}),
            name=name or f"{system}-{secrets.token_hex(4)}", code=None if code is None else Path(code),
            environment=None if environment is None else Path(environment), versions=dict(versions or {}),
        )

    # ----- deciding and running

    def gate(
        self, model: Ref, /, *, to: str, data: Any = None, reference: Any = None, dry_run: bool = False, **words: Any
    ) -> Verdict:
        """Ask policy whether a model may reach a stage: measure, decide, record.

        `data` and `reference` are a path to CSV or Parquet, a pandas, Polars or PyArrow frame, or an Ibis table; without
        `data`, the evidence recorded last is judged. Further words are those of `govern gate`: target, prediction,
        score, threshold, weight, protected, cross, favourable, positive, model (its file), seed.
        """
        from govern.workflow.gate import gating

        given = None if data is None else _data(data, reference, words)
        with self._lock:
            return Verdict(result=gating.gate(
                self._ws, ref_of(model), to=to, data=given, key=self.key, passphrases=self._asks, dry_run=dry_run,
            ))

    def promote(self, model: Ref, *, to: str) -> Recorded:
        """Move the system's stage pointer. Raises `Refused` unless the ledger allows it."""
        from govern.workflow.release.promoting import promote

        with self._lock:
            return _recorded(promote(self._ws, ref_of(model), to=to, key=self.key, passphrases=self._asks))

    def deploy(
        self, model: Ref, *, to: str, mode: Literal["full", "canary", "blue-green", "shadow"] = "full",
        traffic: int | None = None,
    ) -> Recorded:
        """Record that a model runs in an environment. Raises `Refused` unless the ledger allows it."""
        from govern.workflow.release.promoting import deploy

        with self._lock:
            return _recorded(deploy(
                self._ws, ref_of(model), to=to, mode=mode, traffic=traffic, key=self.key, passphrases=self._asks,
            ))

    def may_run(self, model: Ref, *, environment: str) -> tuple[str, ...]:
        """Why this exact model may not run in an environment now; empty where it may."""
        from govern.workflow.release.promoting import check

        return tuple(refusal.text for refusal in check(self._ws, ref_of(model), to=environment).refusals)

    def monitor(self, deployment: Ref, /, *, data: Any, reference: Any = None, period: str = "", **words: Any) -> Any:
        """Measure a window of live data and record an observation (see `govern.workflow.monitor.monitoring.Monitored`)."""
        from govern.workflow.monitor.monitoring import monitor

        with self._lock:
            return monitor(
                self._ws, ref_of(deployment), data=_data(data, reference, words), period=period, key=self.key,
                passphrases=self._asks,
            )

    def status(self, *, as_of: datetime | None = None) -> StatusView:
        """The workspace at a glance, now or as of a time."""
        from govern.workflow.read.reading import status

        return status(self._ws, as_of=as_of)


@dataclass(slots=True, kw_only=True)
class Run:
    """One execution that makes something, from the `with` block's begin to its end."""

    workspace: Workspace
    system: str
    inputs: tuple[str, ...]
    parameters: dict[str, str]
    seeds: dict[str, int]
    name: str
    code: Path | None
    environment: Path | None
    versions: dict[str, str]
    metrics: dict[str, str] = field(default_factory=dict, init=False)
    recorded: Recorded | None = field(default=None, init=False)
    """What the ledger holds of it, after the block."""
    _started: datetime | None = field(default=None, init=False)
    _revision: tuple[str, bool] = field(default=("", False), init=False)
    _models: list[tuple[PendingModel, dict[str, Any]]] = field(default_factory=list, init=False)

    def log_metrics(self, metrics: Mapping[str, float | str]) -> None:
        """Note numbers that the run claims; no gate ever uses them. Raises `UsageError` for what is no finite number."""
        for name, value in metrics.items():
            try:
                self.metrics[name] = value if isinstance(value, str) else decimal_text(float(value))
            except (TypeError, ValueError) as error:
                raise UsageError(f"the metric {name} is not a finite number", "Leave it out, or log it as text.") from error

    def record_model(
        self, path: str | Path, *, name: str, version: str | None = None, threshold: str = "", baseline: Ref | None = None,
    ) -> PendingModel:
        """Take a model file as made by this run; it is recorded, with the run, when the block ends well."""
        from govern.workflow.place.places import file_digest

        if self._started is None or self.recorded is not None:
            raise UsageError("this run is not going on", "Record its models inside its `with` block.")
        pending = PendingModel(path=Path(path), digest=file_digest(Path(path)))
        self._models.append((pending, {
            "name": name, "version": version, "threshold": threshold, "baseline": baseline, "system": self.system,
        }))
        return pending

    def __enter__(self) -> Self:
        """Begin: the clock, and what the code is."""
        if self._started is not None:
            raise UsageError(f"the run {self.name} was begun before", "Begin another with workspace.run(…).")
        self._started = self.workspace._ws.now()  # noqa: SLF001 - the face's own other half
        self._revision = revision(self.code.parent if self.code else Path.cwd())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        """Record the run and, if the block ended well, its models; an exception in the block goes on."""
        outcome = "completed" if kind is None else "failed" if issubclass(kind, Exception) else "aborted"
        with self.workspace._lock:  # noqa: SLF001
            try:
                self._record(outcome)
            except GovernError as failure:
                if error is None:
                    raise
                # The block's own exception is what went wrong first, and goes on.
                error.add_note(f"govern could not record the run {self.name}: {failure}")
            for pending, words in self._models if kind is None else ():
                self._keep(pending, words)

    def _record(self, outcome: str) -> None:
        from govern.workflow.record.recording import record_run

        opened = self.workspace._ws  # noqa: SLF001
        assert self._started is not None
        self.recorded = _recorded(record_run(
            opened, name=self.name, system=self.system, inputs=self.inputs, parameters=self.parameters,
            metrics=self.metrics, seeds=self.seeds, started=self._started, finished=opened.now(), code=self.code,
            code_revision=self._revision[0], code_dirty=self._revision[1], environment=self.environment,
            versions=self.versions, outcome=outcome, key=self.workspace.key, passphrases=self.workspace._asks,  # noqa: SLF001
        ))

    def _keep(self, pending: PendingModel, words: dict[str, Any]) -> None:
        from govern.workflow.place.places import file_digest

        if file_digest(pending.path) != pending.digest:
            raise UsageError(
                f"{pending.path} changed after it was recorded in the run", "Record a model when its file is finished.",
            )
        pending.recorded = self.workspace.record_model(pending.path, run=self.recorded, **words)


def revision(folder: Path) -> tuple[str, bool]:
    """The git commit that `folder` is at, as `gitCommit:…`, and whether files differ from it; empty outside of git."""
    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 - fixed words, no shell
                ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=GIT_SECONDS, check=False,  # noqa: S607
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    if not commit:
        return "", False
    # What can't be said is taken as dirty: a clean tree is a claim.
    return f"gitCommit:{commit}", git("status", "--porcelain") != ""


def _recorded(written: Written) -> Recorded:
    return Recorded(name=written.subject, digest=written.subject_digest, index=written.index)


def _data(data: Any, reference: Any, words: dict[str, Any]) -> Any:
    from govern.workflow.gate.gating import Data

    def source(given: Any) -> Any:
        return Path(given) if isinstance(given, str) else given

    texts: dict[str, Any] = {
        name: str(value) if name in {"threshold", "favourable", "positive"} else value
        for name, value in words.items()
    }
    try:
        return Data(data=source(data), reference=source(reference), **texts)
    except TypeError as error:
        raise UsageError(f"a gate is not asked so: {error}", "`govern gate --help` lists the words.") from error


def open(  # noqa: A001 - `govern.open()` reads as it should
    path: str | Path | None = None, *, key: str | None = None, passphrases: Passphrases | None = None,
) -> Workspace:
    """Open the workspace at `path`, at GOVERN_WORKSPACE, or upward from the current folder.

    `key` names the key that signs; `passphrases` gives its passphrase (GOVERN_PASSPHRASE_FILE or a prompt otherwise).
    Raises `UsageError` where there is no workspace.
    """
    return Workspace(folder=None if path is None else Path(path), key=key, passphrases=passphrases)
