"""Checkpoints in annotated git tags: a repository that others have cloned remembers them."""

import subprocess
from pathlib import Path
from typing import Final

from govern.errors import StorageError, UsageError

PREFIX: Final = "govern-checkpoint/"
_SECONDS: Final = 60
MAX_TAGS: Final = 100_000


def _git(repository: Path, *arguments: str, given: str | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - arguments of ours, no shell
            ["git", "-C", str(repository), *arguments],  # noqa: S607 - the user's own git
            input=given, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StorageError(f"git could not be run: {error}", "Install git, or use another anchor.") from error
    if done.returncode:
        raise StorageError(f"git says: {done.stderr.strip()[:300]}", f"Check the repository {repository}.")
    return done.stdout


def tag_name(origin: str, size: int) -> str:
    """Return the tag's name; what git forbids in names becomes a dash."""
    plain = "".join(one if one.isalnum() or one in "._-/" else "-" for one in origin).strip("./-").replace("..", "-")
    return f"{PREFIX}{plain}/{size}"


def write_tag(repository: Path, name: str, note: str) -> str:
    """Tag the repository's HEAD with a note and return the tag object's id. Pushing it is what makes it an anchor.

    Raises `StorageError`, `UsageError` where the tag is there already.
    """
    if not repository.is_dir():
        raise UsageError(f"there is no repository at {repository}", "Name a git repository that others clone.")
    if _git(repository, "tag", "--list", name).strip():
        raise UsageError(f"the tag {name} is there already", "This checkpoint is anchored.")
    _git(repository, "tag", "--annotate", "--cleanup=verbatim", "--file=-", name, given=note)
    return _git(repository, "rev-parse", f"refs/tags/{name}").strip()


def read_tags(repository: Path) -> dict[str, str]:
    """Return the notes of all checkpoint tags of a repository, by tag name. Raises `StorageError`."""
    names = _git(repository, "tag", "--list", f"{PREFIX}*").split()[:MAX_TAGS]
    # A tag's own headers end at the first blank line; the note follows as it was given.
    return {name: _git(repository, "cat-file", "tag", f"refs/tags/{name}").partition("\n\n")[2] for name in names}
