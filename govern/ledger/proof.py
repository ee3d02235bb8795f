"""Offline proofs of one entry (C2SP tlog-proof): index, inclusion proof and checkpoint in one text."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from govern.canonical.dsse import decode_base64
from govern.errors import DocumentError
from govern.ledger.note import MAX_NOTE
from govern.ledger.tree import HASH_BYTES

MAGIC: Final = "c2sp.org/tlog-proof@v1"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
MAX_HASHES: Final = 64
"""Of an inclusion proof: a tree has at most 2^64 leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """What a proof file says, before anything of it was verified."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None
    """Opaque, and never trusted."""


def write_proof(index: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """Write a proof."""
    lines = [MAGIC, f"index {index}", *(base64.b64encode(one).decode() for one in hashes), "", checkpoint]
    return "\n".join(lines)


def parse_proof(data: bytes) -> LogProof:
    """Read a proof without believing it. Raises `DocumentError`."""
    if len(data) > 2 * MAX_NOTE:
        raise _malformed("too long")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("not UTF-8") from error
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != MAGIC:
        raise _malformed(f"the first line is not {MAGIC}")
    extra = decode_base64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    number = lines.pop(0) if lines else ""
    if not number.startswith("index ") or not _NUMBER.fullmatch(number.removeprefix("index ")):
        raise _malformed("no index")
    hashes = tuple(decode_base64(line) for line in lines[: MAX_HASHES + 1])
    if len(lines) > MAX_HASHES or any(len(one) != HASH_BYTES for one in hashes):
        raise _malformed("a line of the inclusion proof is not a hash")
    return LogProof(index=int(number.removeprefix("index ")), hashes=hashes, checkpoint=checkpoint, extra=extra)


def _malformed(what: str) -> DocumentError:
    return DocumentError(f"not a tlog-proof: {what}", "A proof is as C2SP tlog-proof writes it.")
