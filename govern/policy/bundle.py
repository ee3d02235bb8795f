"""Bundles: the files of a policy listed with their digests, so that one signature covers all and a stray file shows."""

import json
from collections.abc import Mapping
from typing import Final

from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError, VerificationError

MANIFEST: Final = "bundle.json"
SIGNATURE: Final = "bundle.dsse.json"
SCHEMA: Final = "govern/bundle/v1"
MAX_FILES: Final = 1000
"""A policy with its cases and texts has tens of files."""


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of a folder's files, by path with forward slashes; manifest and signature are left out."""
    listed = {path: digest_of(data) for path, data in sorted(files.items()) if path not in {MANIFEST, SIGNATURE}}
    return json.dumps({"schema": SCHEMA, "files": listed}, sort_keys=True, separators=(",", ":")).encode()


def bundle_digest(manifest: bytes) -> Digest:
    """Return the digest that a signature or a pin names."""
    return digest_of(manifest)


def check_bundle(files: Mapping[str, bytes], manifest: bytes) -> None:
    """Check that a folder holds exactly the files of its manifest.

    Raises `VerificationError` for a file that is missing, changed or not listed, `DocumentError` for a manifest that is
    none.
    """
    listed = _listed(manifest)
    present = {path: data for path, data in files.items() if path not in {MANIFEST, SIGNATURE}}
    for path in sorted(listed.keys() | present.keys()):
        if path not in listed:
            raise VerificationError(
                f"{path} is not in the signed bundle", "Take the file out, or have the bundle signed again.", kind="extra"
            )
        if path not in present:
            raise VerificationError(f"{path} of the signed bundle is missing", "Get the whole bundle.", kind="missing")
        if digest_of(present[path]) != listed[path]:
            raise VerificationError(f"{path} is not what was signed", "Get the bundle again from its owner.", kind="changed")


def _listed(manifest: bytes) -> dict[str, str]:
    try:
        read = json.loads(manifest, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise DocumentError("the bundle's manifest does not read", "It is JSON that govern wrote.", where=MANIFEST) from error
    files = read.get("files") if isinstance(read, dict) else None
    if not isinstance(files, dict) or read.get("schema") != SCHEMA or len(files) > MAX_FILES:
        raise DocumentError("this is no bundle manifest", f"Its schema is {SCHEMA}.", where=MANIFEST)
    return {str(path): str(digest) for path, digest in files.items()}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
