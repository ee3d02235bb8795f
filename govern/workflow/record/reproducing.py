"""`govern run verify`: hash again what a run rested on and made, and say what can no longer be had.

It runs nothing: training again costs what training costs, and its result differs wherever the machine does. It says
whether somebody who wanted to could, and with which bytes.
"""

import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from govern.domain.facts import RunFact
from govern.domain.text import Digest
from govern.errors import UsageError
from govern.lineage.refs import resolve
from govern.lineage.reproduce import run_of, run_parts
from govern.workflow.place.places import Places, file_digest
from govern.workflow.place.workspace import Workspace

GIT_SECONDS = 10
"""A repository that takes longer to answer is not at hand."""

Standing = Literal["same", "changed", "gone", "unknown"]
"""Its bytes are at hand; the file there has other bytes; it is not where it was; where it lies was never known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheck:
    """One thing that was looked for."""

    role: str
    """`input`, `code`, `environment`, `output`, `commit` or `platform`."""
    name: str
    digest: Digest | None
    standing: Standing
    detail: str
    """One sentence."""

    @property
    def at_hand(self) -> bool:
        """Whether it can still be had as it was."""
        return self.standing == "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """What is left of a run."""

    run: str
    digest: Digest
    index: int
    seeds: Mapping[str, int]
    parameters: Mapping[str, str]
    checks: tuple[RunCheck, ...]
    notes: tuple[str, ...]
    """What stands against doing it again though every byte is there."""

    @property
    def lost(self) -> tuple[RunCheck, ...]:
        """What can no longer be had here."""
        return tuple(check for check in self.checks if not check.at_hand and check.role != "platform")

    @property
    def changed(self) -> bool:
        """Whether a file lies where it lay, with other bytes."""
        return any(check.standing == "changed" for check in self.checks if check.role != "platform")


def verify_run(
    ws: Workspace, ref: str, *, files: tuple[Path, ...] = (), repository: Path | None = None
) -> RunView:
    """Look for everything that a run, or the run behind a model, rested on and made.

    `files` are looked at, by digest, beside where files were last seen; `repository` is where the commit is looked for
    (the current folder unless given). Raises `NotFoundError`, `UsageError`.
    """
    state = ws.state()
    run = state.runs[run_of(state, resolve(state, ref, kinds=("run", "model")).digest)]
    given = {file_digest(file): file for file in files}
    places = Places(ws.folder)
    checks: list[RunCheck] = []
    notes: list[str] = []
    for part in run_parts(state, run.digest):
        checks.append(_file(part.role, part.name, part.digest, given, places))
        if part.ended:
            notes.append(f"{part.name} is {part.ended} by now")
    fact = run.fact
    if fact.code_revision:
        checks.append(_commit(fact, repository or Path.cwd()))
    checks += _platform(fact)
    if fact.code_dirty:
        notes.append("files differed from the commit when it ran: the commit alone does not give back the code")
    if not fact.seeds:
        notes.append("no seed was recorded: what was drawn at random can't be drawn again")
    if fact.code is None and not fact.code_revision:
        notes.append("neither code nor commit was recorded")
    if fact.environment is None:
        notes.append("neither lock file nor image was recorded")
    if fact.outcome != "completed":
        notes.append(f"it {fact.outcome}")
    return RunView(
        run=run.name, digest=run.digest, index=run.index, seeds=fact.seeds, parameters=fact.parameters,
        checks=tuple(checks), notes=tuple(notes),
    )


def _file(role: str, name: str, digest: Digest, given: Mapping[Digest, Path], places: Places) -> RunCheck:
    if digest in given:
        return RunCheck(role=role, name=name, digest=digest, standing="same", detail=f"{given[digest]} has its bytes")
    place = places.place_of(digest)
    if place is None:
        return RunCheck(
            role=role, name=name, digest=digest, standing="unknown", detail="where it lies is not known here; name its file"
        )
    try:
        same = file_digest(place) == digest
    except UsageError as error:
        return RunCheck(role=role, name=name, digest=digest, standing="gone", detail=error.message)
    detail = f"{place} has its bytes" if same else f"{place} has other bytes by now"
    return RunCheck(role=role, name=name, digest=digest, standing="same" if same else "changed", detail=detail)


def _commit(fact: RunFact, repository: Path) -> RunCheck:
    commit = fact.code_revision.removeprefix("gitCommit:")

    def git(*words: str) -> bool:
        return subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", "-C", str(repository), *words], capture_output=True, timeout=GIT_SECONDS, check=False,  # noqa: S607
        ).returncode == 0

    try:
        if not git("rev-parse", "--git-dir"):
            detail = f"there is no git repository in {repository}: name one"
            return RunCheck(role="commit", name=commit, digest=None, standing="unknown", detail=detail)
        found = git("cat-file", "-e", f"{commit}^{{commit}}")
    except (OSError, subprocess.TimeoutExpired):
        return RunCheck(role="commit", name=commit, digest=None, standing="unknown", detail="git does not answer here")
    detail = f"the repository in {repository} has it" if found else f"the repository in {repository} does not have it"
    return RunCheck(role="commit", name=commit, digest=None, standing="same" if found else "gone", detail=detail)


def _platform(fact: RunFact) -> list[RunCheck]:
    """Recorded versions against those here: a difference is said, and takes nothing away."""
    checks = []
    for name, version in sorted(fact.platform.items()):
        try:
            here = platform.python_version() if name == "python" else metadata.version(name)
        except metadata.PackageNotFoundError:
            here = ""
        standing: Standing = "same" if here == version else "changed" if here else "gone"
        detail = f"{version} here, too" if here == version else f"{version} then, {here or 'not installed'} here"
        checks.append(RunCheck(role="platform", name=name, digest=None, standing=standing, detail=detail))
    return checks
