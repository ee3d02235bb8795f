"""Finding packs and reading their files as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

ALIASES: Final[Mapping[str, str]] = {"sr-11-7": "us-mrm-sr-26-2"}
"""Superseded names of packs, with the pack that took their place."""


class UnknownPackError(LookupError):
    """No pack has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack's files."""

    id: str
    policy: bytes
    binding: bytes
    controls: bytes
    """The catalogue `controls.yaml`; empty where a pack has none."""
    readme: str
    files: Mapping[str, bytes]
    """Every file of the pack by its path inside it, sorted."""
    superseded_by: str = ""
    """The pack that took the place of the id that was asked for."""


def pack_ids() -> tuple[str, ...]:
    """Return the ids of all packs, sorted; superseded aliases are not among them."""
    return tuple(sorted(entry.name for entry in _root().iterdir() if (entry / "policy.yaml").is_file()))


def load(pack_id: str) -> Pack:
    """Read a pack. Raises `UnknownPackError`."""
    name = ALIASES.get(pack_id, pack_id)
    if name not in pack_ids():
        raise UnknownPackError(f"there is no pack “{pack_id}”")
    found = dict(sorted(_walk(_root() / name, "")))
    return Pack(
        id=name, policy=found["policy.yaml"], binding=found["binding.yaml"], controls=found.get("controls.yaml", b""),
        readme=found.get("README.md", b"").decode(), files=found, superseded_by=name if name != pack_id else "",
    )


def _root() -> Traversable:
    return files("govern_policies") / "packs"


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
