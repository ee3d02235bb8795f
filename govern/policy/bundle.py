"""Bundles: the files of a policy listed with their digests, so that one signature covers all and a stray file shows.

The list is an in-toto Statement v1 whose subjects are the files; signed, it lies beside them as `bundle.dsse.json`.
"""

import json
from collections.abc import Mapping
from typing import Final

from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError, VerificationError

SIGNATURE: Final = "bundle.dsse.json"
PREDICATE: Final = "urn:govern:bundle/v1"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
MAX_FILES: Final = 1000
"""A policy with its cases and texts has tens of files."""
_PREFIX: Final = "sha256:"


def statement_of(files: Mapping[str, bytes]) -> bytes:
    """Return the statement over a folder's files, by path with forward slashes; the signature itself is left out."""
    subjects = [
        {"digest": {"sha256": digest_of(data).removeprefix(_PREFIX)}, "name": path}
        for path, data in sorted(files.items()) if path != SIGNATURE
    ]
    statement = {"_type": STATEMENT, "predicate": {"files": len(subjects)}, "predicateType": PREDICATE, "subject": subjects}
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def bundle_digest(statement: bytes) -> Digest:
    """Return the digest that pins a bundle."""
    return digest_of(statement)


def check_bundle(files: Mapping[str, bytes], statement: bytes) -> None:
    """Check that a folder holds exactly the files of a statement; the signature is checked by whoever read it.

    Raises `VerificationError` for a file that is missing, changed or not listed, `DocumentError` for a statement that is
    none.
    """
    listed = _listed(statement)
    present = {path: data for path, data in files.items() if path != SIGNATURE}
    for path in sorted(listed.keys() | present.keys()):
        if path not in listed:
            raise VerificationError(
                f"{path} is not in the signed bundle", "Take the file out, or have the bundle signed again.", kind="extra"
            )
        if path not in present:
            raise VerificationError(f"{path} of the signed bundle is missing", "Get the whole bundle.", kind="missing")
        if digest_of(present[path]) != listed[path]:
            raise VerificationError(f"{path} is not what was signed", "Get the bundle again from its owner.", kind="changed")


def _listed(statement: bytes) -> dict[str, str]:
    try:
        read = json.loads(statement, object_pairs_hook=_unique)
        known = read["_type"] == STATEMENT and read["predicateType"] == PREDICATE and len(read["subject"]) <= MAX_FILES
        found = [(str(one["name"]), _PREFIX + str(one["digest"]["sha256"])) for one in read["subject"]]
        listed = {path: str(digest) for path, digest in _unique(list(found)).items()}
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise DocumentError(
            "the bundle's statement does not read", f"It is an in-toto statement of the type {PREDICATE}.", where=SIGNATURE
        ) from error
    if not known:
        raise DocumentError("this is another kind of statement", f"Its type is {PREDICATE}.", where=SIGNATURE)
    return listed


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
