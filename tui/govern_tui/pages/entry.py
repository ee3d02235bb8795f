"""One entry as text: the short form beside the table, and the whole with statement and proof."""

import json
from base64 import b64decode

from textual.content import Content

from govern.domain.text import instant
from govern.workflow.views import EntryDetail
from govern_tui.chrome.popups import clean_long
from govern_tui.text import LOOK, grouped
from govern_tui.widgets.document import Document


def entry_text(detail: EntryDetail, first: str = "") -> Content:
    """What fits beside the table; `first` stands above it."""
    row = detail.row
    made = Document()
    if first:
        made.line(first, "dim").line()
    made.facts([
        ("kind", row.kind), ("subject", row.subject), ("time", f"{instant(row.time)} (claimed)"), ("actor", row.holder),
        ("leaf", detail.leaf_hash),
    ], width=9)
    made.add("standing  ", "dim").pieces([LOOK.verdict(row.standing)]).line()
    made.heading("Says").line(row.summary)
    made.heading("Signed by")
    for keyid, holder in detail.signatures:
        made.add(LOOK.glyph("ok")[0] if holder else "?", "good" if holder else "warn").add(f" {holder or 'unknown key'} ").line(keyid[:16] + "…", "dim")
    made.heading("In the tree").line(f"entry {grouped(row.index)}, {grouped(detail.size)} bytes; inclusion proof of {len(proof_hashes(detail))} hashes")
    _tree(made, detail)
    made.heading("Statement")
    for name, value in predicate(detail).items():
        made.hang(2).add(f"{name} ", "dim").line(short_json(value))
    made.line().line("Enter shows it whole.", "dim")
    return made.content()


def entry_whole(detail: EntryDetail) -> Content:
    """Statement, signatures and proof, as they can be checked elsewhere."""
    made = Document()
    made.facts([("leaf hash", detail.leaf_hash), ("bytes", grouped(detail.size))])
    for keyid, holder in detail.signatures:
        made.facts([("signed by", f"{holder or 'unknown key'}  {keyid}")])
    made.heading("Place in the tree")
    _tree(made, detail)
    made.heading("Statement (in-toto, the signed payload)").line()
    text = json.dumps(detail.statement, indent=2, ensure_ascii=False)
    proof = f"\n\nInclusion proof against the current checkpoint\n\n{detail.proof}"
    return Content.assemble(made.content(), "\n", clean_long(text), clean_long(proof))


def _tree(made: Document, detail: EntryDetail) -> None:
    """The way from the leaf to the root: each subtree that is joined on it, with its hash from the proof."""
    hashes, size = proof_hashes(detail), proof_size(detail)
    ways = siblings(detail.row.index, size)
    if len(ways) != len(hashes):  # a proof of another shape is shown whole elsewhere
        return
    made.line(f"leaf {detail.leaf_hash.removeprefix('sha256:')[:16]}…", "dim")
    for (first, last, left), text in zip(ways, hashes, strict=True):
        span = grouped(first) if last == first else f"{grouped(first)} to {grouped(last)}"
        made.add(f"  {'◂' if left else '▸'} " if not LOOK.ascii else f"  {'<' if left else '>'} ", "accent").add(f"{span} ")
        made.line(f"{text[:16]}…", "dim")
    made.line(f"root of {grouped(size)} entries", "dim")


def siblings(index: int, size: int) -> list[tuple[int, int, bool]]:
    """The subtrees on the way from a leaf to the root: first and last entry, and whether it stands left (RFC 6962, 2.1.1)."""
    ways: list[tuple[int, int, bool]] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + (1 << ((last - first - 1).bit_length() - 1))
        if index < middle:
            ways.append((middle, last - 1, False))
            last = middle
        else:
            ways.append((first, middle - 1, True))
            first = middle
    return ways[::-1]


def proof_hashes(detail: EntryDetail) -> list[str]:
    """The hashes of the proof, from the leaf up, in hexadecimal as everywhere else on the screen."""
    body = detail.proof.split("\n\n", 1)[0]
    return [b64decode(line).hex() for line in body.splitlines() if line and not line.startswith(("c2sp.org", "index ", "extra "))]


def proof_size(detail: EntryDetail) -> int:
    """Entries of the tree that the proof is against: the second line of its checkpoint."""
    checkpoint = detail.proof.split("\n\n", 1)[-1].splitlines()
    return int(checkpoint[1]) if len(checkpoint) > 1 and checkpoint[1].isdigit() else 0


def predicate(detail: EntryDetail) -> dict[str, object]:
    """The statement's predicate, as far as it is an object."""
    found = detail.statement.get("predicate", {})
    return dict(found) if isinstance(found, dict) else {}


def short_json(value: object) -> str:
    """A value on one line, cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:159] + "…"  # noqa: PLR2004 - four lines beside the table
