"""Anchors: checkpoints kept where the ledger's owner can't rewrite them, recorded as entries and checked against it.

An anchor's proof is what lies outside (the token, the tag, the file, the printed page); the entry only says where to look.
So checking begins outside: whatever checkpoints are found there have to be of this very tree.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from govern.canonical.dsse import decode_base64
from govern.canonical.jcs import canonical_bytes, parse_json
from govern.domain.facts import AnchorFact
from govern.domain.statement import Draft, Subject, TreeHead
from govern.domain.text import Digest, as_digest, instant
from govern.errors import DocumentError, GovernError, StorageError, UnverifiableError, UsageError, VerificationError
from govern.ledger.asked import Anchored
from govern.ledger.checkpoint import Checkpoint, read_checkpoint, verify_checkpoint
from govern.trust import gittags, timestamps
from govern.trust.files import read_private, write_new
from govern.workflow.interface import Passphrases
from govern.workflow.place.workspace import Workspace
from govern.workflow.views import Written

Method = Literal["rfc3161", "git-tag", "folder", "printed"]
METHODS: tuple[Method, ...] = ("rfc3161", "git-tag", "folder", "printed")
MAX_NOTE = 1 << 20
MAX_FILES = 100_000
"""Of a write-once folder that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRow:
    """One anchor as recorded."""

    index: int
    method: str
    size: int
    root: Digest
    where: str
    recorded: datetime
    attested: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorCheck:
    """What became of one anchor when it was checked."""

    what: str
    state: Literal["ok", "wrong", "unchecked"]
    detail: str
    head: TreeHead | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a verifier has been given to check anchors with."""

    authorities: bytes = b""
    """PEM: certificates of time-stamp authorities that are trusted."""
    repositories: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    printed: tuple[str, ...] = ()
    """`SIZE ROOT` as on a printed page; the root in hexadecimal, groups allowed."""


def add(
    ws: Workspace, method: str, *, where: str, authorities: bytes = b"", key: str | None = None,
    passphrases: Passphrases,
) -> Written:
    """Keep the newest checkpoint outside and record it. Raises `UsageError`, `StorageError`, `VerificationError`.

    Args:
        ws: The workspace.
        method: `rfc3161`, `git-tag`, `folder` or `printed`.
        where: The authority's address; the repository; the folder; or words on where the page is.
        authorities: PEM; a time stamp is verified against them before it is recorded.
        key: The key that signs the entry, in the role auditor.
        passphrases: Asked for the key's.
    """
    checkpoint = ws.unguarded.checkpoint()
    token: Digest | None = None
    attested: datetime | None = None
    if method == "rfc3161":
        roots = timestamps.pinned(authorities)
        timestamps.check_pinned(roots)
        response = timestamps.fetch(where, timestamps.new_request(checkpoint.note.encode()))
        attested = timestamps.verify_token(response, checkpoint.note.encode(), roots)
        token = ws.objects.put(_proof(checkpoint, response))
    elif method == "git-tag":
        gittags.write_tag(Path(where), gittags.tag_name(checkpoint.origin, checkpoint.size), checkpoint.note)
    elif method == "folder":
        _write_once(Path(where), checkpoint)
    elif method != "printed":
        raise UsageError(f"there is no anchor “{method}”", f"Known are {', '.join(METHODS)}.")
    fact = AnchorFact(
        method=method, size=checkpoint.size, root=checkpoint.root, where=where, token=token, attested_time=attested
    )
    subject = Subject(name=f"checkpoint/{checkpoint.size}", digest=checkpoint.root)
    return ws.write(
        [Draft(subjects=(subject,), fact=fact)], key=ws.key_for("auditor", key), passphrases=passphrases
    )[0]


def listed(ws: Workspace) -> tuple[AnchorRow, ...]:
    """Return every anchor that was recorded, oldest first."""
    return tuple(
        AnchorRow(
            index=entry.index, method=fact.method, size=fact.size, root=fact.root, where=fact.where,
            recorded=entry.time, attested=fact.attested_time,
        )
        for entry in ws.unguarded.entries()
        if isinstance(fact := entry.fact, AnchorFact)
    )


def check(ws: Workspace, outside: Outside) -> tuple[AnchorCheck, ...]:
    """Check everything that lies outside against the ledger; the newest tree heads come first."""
    found = [*_stamps(ws, outside), *_notes(ws, outside), *_printed(outside)]
    checks = [_against(ws, one) if one.state == "ok" else one for one in found]
    return tuple(sorted(checks, key=lambda one: (one.state == "ok", -(one.head.size if one.head else 0))))


def anchored(ws: Workspace, outside: Outside) -> tuple[Anchored, ...]:
    """Return the tree heads that verification step 9 compares with the ledger; only anchors that are themselves right.

    Raises `VerificationError` for an anchor that is wrong in itself, `UnverifiableError` for a time stamp that was recorded
    and is not at hand: its token lies in the workspace, and whoever owns that could else silence it.
    """
    heads = []
    stamps = _stamps(ws, outside) if outside.authorities else []
    for one in [*stamps, *_notes(ws, outside), *_printed(outside)]:
        if one.state == "wrong":
            raise VerificationError(f"{one.what}: {one.detail}", "Keep it as evidence.", step=9, kind="anchor")
        if one in stamps and one.state == "unchecked":
            raise UnverifiableError(f"{one.what}: {one.detail}", "Restore the object folder from its backup.")
        if one.head is not None:
            heads.append(Anchored(head=one.head, what=one.what))
    return tuple(heads)


def _proof(checkpoint: Checkpoint, response: bytes) -> bytes:
    return canonical_bytes(
        {"note": checkpoint.note, "response": base64.b64encode(response).decode(), "schema": "govern/anchor/v1"}
    )


def _stamps(ws: Workspace, outside: Outside) -> list[AnchorCheck]:
    roots = timestamps.pinned(outside.authorities) if outside.authorities else ()
    found = []
    for entry in ws.unguarded.entries():
        if isinstance(fact := entry.fact, AnchorFact) and fact.token is not None:
            what = f"#{entry.index} rfc3161"
            try:
                read = parse_json(ws.objects.get(fact.token))
                if not isinstance(read, dict) or not isinstance(note := read.get("note"), str):
                    raise DocumentError("the anchor's object holds no note")  # noqa: TRY301
                moment = timestamps.verify_token(decode_base64(read.get("response")), note.encode(), roots)
                head = _verified(ws, note)
                if head != TreeHead(size=fact.size, root=fact.root):
                    raise VerificationError("the token is for another checkpoint")  # noqa: TRY301
                found.append(AnchorCheck(what=what, state="ok", detail=f"attested at {instant(moment)}", head=head))
            except (VerificationError, DocumentError) as error:
                found.append(AnchorCheck(what=what, state="wrong", detail=error.message))
            except GovernError as error:
                found.append(AnchorCheck(what=what, state="unchecked", detail=error.message))
    return found


def _notes(ws: Workspace, outside: Outside) -> list[AnchorCheck]:
    """Read every checkpoint of this ledger in the repositories and folders given, recorded here or not."""
    notes: list[tuple[str, str]] = []
    for repository in outside.repositories:
        notes += [(f"git-tag {name}", note) for name, note in sorted(gittags.read_tags(repository).items())]
    for folder in outside.folders:
        try:
            paths = sorted(folder.glob("*.note"))[:MAX_FILES]
            notes += [(f"folder {path.name}", read_private(path, MAX_NOTE).decode("utf-8", "replace")) for path in paths]
        except OSError as error:
            raise StorageError(f"{folder} can’t be read: {error.strerror}", "Check the folder of anchors.") from error
    found = []
    for what, note in notes:
        try:
            if read_checkpoint(note).origin != ws.unguarded.origin:
                continue
            found.append(AnchorCheck(what=what, state="ok", detail="signed by the log", head=_verified(ws, note)))
        except VerificationError as error:
            found.append(AnchorCheck(what=what, state="wrong", detail=error.message))
        except (DocumentError, UnverifiableError) as error:
            found.append(AnchorCheck(what=what, state="unchecked", detail=error.message))
    return found


def _verified(ws: Workspace, note: str) -> TreeHead:
    size = read_checkpoint(note).size
    return verify_checkpoint(note, ws.unguarded.roots().in_force(size)).head


def _printed(outside: Outside) -> list[AnchorCheck]:
    found = []
    for text in outside.printed:
        size, _, rest = text.strip().partition(" ")
        digits = re.sub(r"[\s:·-]", "", rest.removeprefix("sha256:")).lower()
        if not size.isdecimal():
            raise UsageError(f"“{text[:80]}” is no printed checkpoint", "Write its size, then its root as printed.")
        head = TreeHead(size=int(size), root=as_digest(f"sha256:{digits}"))
        found.append(AnchorCheck(what=f"printed {size}", state="ok", detail="as given", head=head))
    return found


def _against(ws: Workspace, one: AnchorCheck) -> AnchorCheck:
    head = one.head
    if head is None:
        return one
    if head.size > ws.unguarded.size:
        detail = f"the ledger has {ws.unguarded.size} entries only: its tail was deleted, or an old copy put back"
        return AnchorCheck(what=one.what, state="wrong", detail=detail, head=head)
    if ws.unguarded.root_at(head.size) != head:
        detail = f"the ledger has another tree of {head.size} entries: it was rewritten"
        return AnchorCheck(what=one.what, state="wrong", detail=detail, head=head)
    return one


def _write_once(folder: Path, checkpoint: Checkpoint) -> None:
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", checkpoint.origin)[:80]
    path = folder / f"{plain}-{checkpoint.size:012}.note"
    try:
        write_new(path, checkpoint.note.encode())
        path.chmod(0o444)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", "This checkpoint is anchored.") from error
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror}", "Check the folder of anchors.") from error


def unanchored(rows: Iterable[tuple[int, int]], size: int) -> int:
    """Return how many of `size` entries no recorded anchor covers, from (index of its entry, size anchored) of each.

    An entry that claims to anchor more than stood before it counts for nothing.
    """
    return size - max((covered for index, covered in rows if 0 <= covered <= index), default=0)
