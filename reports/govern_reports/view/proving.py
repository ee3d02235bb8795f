"""How to verify the pack: with our software, with one file, and by hand, with what each command prints here."""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

from govern.workflow.pack import PackData
from govern_reports.view.blocks import Builder, Section
from govern_reports.view.context import Context
from govern_reports.view.text import plural

FOLDERS = ("bindings", "controls", "decisions", "evidence", "policies")
_ED25519 = "302a300506032b6570032100"
"""SubjectPublicKeyInfo of an Ed25519 key, up to the key itself (RFC 8410)."""


@dataclass(frozen=True, slots=True)
class Path:
    """An entry's way up the tree."""

    index: int
    leaf: str
    steps: tuple[tuple[str, str], ...]
    """(`left` or `right`, the node that stands there), from the leaf up."""


def leaf_hashes(pack: PackData) -> dict[int, str]:
    """Return the leaf hash of each attached entry: SHA-256(0x00 || line), hexadecimal (RFC 6962)."""
    return _hashed(_attached(pack, "entries.jsonl"), _attached(pack, "proofs.jsonl"))


@lru_cache(maxsize=2)
def _hashed(lines: bytes, proofs: bytes) -> dict[int, str]:
    """Hash each line; which entry it is, its proof says: of a damaged ledger not all are there."""
    return {
        index: hashlib.sha256(b"\x00" + one).hexdigest()
        for index, one in zip(map(_index, proofs.splitlines()), lines.splitlines(), strict=True)
    }


def _index(proof: bytes) -> int:
    """Return which entry a line of proofs.jsonl is about."""
    return int(json.loads(proof)["index"])


def _attached(pack: PackData, name: str) -> bytes:
    """Return an attachment's bytes, or none."""
    return next((item.data for item in pack.attachments if item.name == name), b"")


def verify(context: Context) -> Section:
    """Write the section."""
    pack = context.pack
    page = Builder("verify", "How to verify this document", new_page=True)
    page.say(
        "You need this file and the ledger's trust root, given to you on another way: by hand, by a site you trust, or in an "
        "earlier pack. A key that is found only inside this file proves nothing.", role="lead",
    )
    if pack.verification.outcome == "wrong":
        page.say("The ledger behind this pack does not verify, so not all of these commands will print what stands under them.", role="alarm")
    page.head("With our software, offline")
    page.pre(
        "$ govern verify PACK.pdf --trust TRUST-ROOT.json --replay\n"
        f"  VERIFIED  PACK.pdf: {pack.status.origin}, {plural(pack.size, 'entry', 'entries')}, root {pack.root[7:15]}\n"
        "  (exit code 0; 1 = something is wrong; 4 = it could not be checked; --replay derives every verdict again)",
    )
    if _attached(pack, "verify_pack.py"):
        page.head("With one file that you can read")
        page.say("verify_pack.py needs Python 3.9 and the package cryptography. A copy is attached, and one from elsewhere is better:")
        page.pre(
            "$ pdfdetach -savefile verify_pack.py -o verify_pack.py PACK.pdf\n"
            "$ python3 verify_pack.py --trust TRUST-ROOT.json PACK.pdf\n"
            "  VERIFIED      (exit code 0; 1 = WRONG; 4 = COULD NOT BE CHECKED)",
        )
    page.head("Without any of our software")
    page.say(
        "With poppler, coreutils, sed, awk, xxd, jq and OpenSSL, in a folder that holds nothing but PACK.pdf and TRUST-ROOT.json. "
        "Under each command is what it has to print.",
    )
    page.pre(_by_hand(pack))
    _inclusion(page, pack)
    page.listing([
        ("Check each entry's signature the same way: base64-decode payload and sig of its line; what is signed is “DSSEv1”, then length "
        "and text of the payload type, then length and bytes of the payload, separated by single spaces. The key is the one that your "
        "trust root has for the signature's key id, and one of its roles has to allow that kind of statement."),
        ("If the PDF itself is signed: pdfsig PACK.pdf. It has to say that the total document is signed. A viewer may still say “valid” "
        "after an attachment was swapped in a later revision; compare the attachments with the manifest all the same."),
    ])
    page.say(
        "What a check proves: a self-signed certificate shows integrity, not identity; without a time stamp no time is "
        "proved; web browsers do not check signatures in PDFs.", role="note",
    )
    return page.done()


def _by_hand(pack: PackData) -> str:
    """Return the commands with what they print for this very pack."""
    entries = hashlib.sha256(_attached(pack, "entries.jsonl")).hexdigest()
    return "\n".join((
        f"$ mkdir {' '.join(FOLDERS)}",
        "$ pdfdetach -saveall PACK.pdf",
        "$ sha256sum manifest.json",
        "  (its first 32 digits are on the foot of every page; all of them in the export entry of a later checkpoint)",
        "$ jq -r '.files[] | \"SHA256 (\\(.name)) = \\(.sha256)\"' manifest.json | sha256sum -c --quiet",
        "  (nothing: every attachment is as the manifest lists it)",
        "$ sha256sum entries.jsonl",
        f"  {entries}",
        "$ sed -n 3p checkpoint.txt | base64 -d | xxd -p -c 64            (the root, as on the cover)",
        f"  {pack.root.removeprefix('sha256:')}",
        "$ jq -r .payload TRUST-ROOT.json | base64 -d > trusted.json",
        "$ jq -r '.predicate as $t | $t.roles.log.keyids[] | $t.keys[.].public' trusted.json > log.hex",
        f"$ (printf {_ED25519}; cat log.hex) | xxd -r -p > log.der",
        "$ sed '/^$/,$d' checkpoint.txt > note",
        "$ awk 'NR == 1 {o = $0} $1 == \"—\" && $2 == o {print $3}' checkpoint.txt | base64 -d | tail -c 64 > signature",
        "$ openssl pkeyutl -verify -pubin -keyform DER -inkey log.der -rawin -in note -sigfile signature",
        "  Signature Verified Successfully",
    ))


def _inclusion(page: Builder, pack: PackData) -> None:
    """Show one entry's way up to the root, so that a reader can go it with a calculator."""
    found = worked(pack)
    if found is None:
        return
    what = "the decision" if any(one.decision and one.decision.index == found.index for one in pack.dossiers) else "the last entry"
    page.head(f"One entry, proved by hand: #{found.index}, {what}")
    page.pre("\n".join((
        f"$ (printf '\\000'; sed -n {found.index + 1}p entries.jsonl | tr -d '\\n') | sha256sum",
        f"  {found.leaf}",
        *(f"  with {node} on its {side}" for side, node in found.steps),
        f"  gives {pack.root.removeprefix('sha256:')}, the root",
    )))
    page.say(
        "Each step: (printf '\\001'; printf LEFT | xxd -r -p; printf RIGHT | xxd -r -p) | sha256sum, with the hash so far on the other "
        "side (RFC 6962). proofs.jsonl has these nodes for every entry, in base64.", role="note",
    )


def worked(pack: PackData) -> Path | None:
    """Return the way up of the first decision shown, else of the last entry; None where the proof is not attached or does not fit."""
    shown = next((one.decision.index for one in pack.dossiers if one.decision), pack.size - 1)
    leaf = leaf_hashes(pack).get(shown)
    if leaf is None or len(leaf_hashes(pack)) < pack.size:  # the commands count lines, and here some are missing
        return None
    proof = json.loads(_attached(pack, "proofs.jsonl").splitlines()[shown])
    nodes = [base64.b64decode(one) for one in proof["hashes"]]
    place, last, so_far = shown, pack.size - 1, bytes.fromhex(leaf)
    steps: list[tuple[str, str]] = []
    for node in nodes:  # RFC 9162, section 2.1.3.2
        left = bool(place & 1) or place == last
        steps.append(("left" if left else "right", node.hex()))
        so_far = hashlib.sha256(b"\x01" + (node + so_far if left else so_far + node)).digest()
        while left and not place & 1 and place:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    if so_far.hex() != pack.root.removeprefix("sha256:"):
        return None
    return Path(shown, leaf, tuple(steps))
