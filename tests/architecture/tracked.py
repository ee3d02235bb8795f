"""What the checks of the house read: the files that git tracks, and the packages' modules as syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("govern/", "tui/govern_tui/", "reports/govern_reports/", "policies/govern_policies/")
BINARY = frozenset({".png", ".pdf", ".skops", ".db", ".ttf", ".otf", ".woff2", ".icc", ".parquet", ".gz", ".zip"})


def tracked(repository: Path) -> list[str]:
    """Paths that git tracks and that are there, relative to the root; all files but the ignored where there is no git."""
    words = ["git", "-c", f"safe.directory={repository}", "ls-files", "-z"]
    done = subprocess.run(words, cwd=repository, capture_output=True, text=True, timeout=60)
    names = done.stdout.split("\0") if done.returncode == 0 else [str(p.relative_to(repository)) for p in repository.rglob("*")]
    return [name for name in names if name and (repository / name).is_file() and ".venv/" not in name]


def texts(repository: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every tracked text file."""
    for name in tracked(repository):
        if Path(name).suffix not in BINARY:
            yield name, (repository / name).read_text(encoding="utf-8")


def modules(repository: Path, *folders: str) -> Iterator[tuple[str, str, ast.Module]]:
    """Path, text and syntax tree of every tracked Python file below `folders`."""
    for name, text in texts(repository):
        if name.endswith(".py") and name.startswith(folders or PACKAGES):
            yield name, text, ast.parse(text)
