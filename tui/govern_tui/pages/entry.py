"""One entry as text: the short form beside the table, and the whole with statement and proof."""

import json

from textual.content import Content

from govern.domain.text import instant
from govern.workflow.views import EntryDetail
from govern_tui.chrome.popups import clean_long
from govern_tui.text import LOOK, grouped
from govern_tui.widgets.document import Document


def entry_text(detail: EntryDetail) -> Content:
    """What fits beside the table."""
    row = detail.row
    made = Document()
    made.facts([
        ("kind", row.kind), ("subject", row.subject), ("time", f"{instant(row.time)} (claimed)"), ("actor", row.holder),
        ("leaf", detail.leaf_hash),
    ], width=9)
    made.add("standing  ", "dim").pieces([LOOK.verdict(row.standing)]).line()
    made.heading("Says").line(row.summary)
    made.heading("Signed by")
    for keyid, holder in detail.signatures:
        made.add(LOOK.glyph("ok")[0] if holder else "?", "good" if holder else "warn").add(f" {holder or 'unknown key'} ").line(keyid[:16] + "…", "dim")
    made.heading("In the tree").line(f"entry {grouped(row.index)}, {grouped(detail.size)} bytes; inclusion proof of {proof_length(detail)} hashes")
    made.heading("Statement")
    for name, value in predicate(detail).items():
        made.add(f"{name} ", "dim").line(short_json(value))
    made.line().line("Enter shows it whole.", "dim")
    return made.content()


def entry_whole(detail: EntryDetail) -> Content:
    """Statement, signatures and proof, as they can be checked elsewhere."""
    made = Document()
    made.facts([("leaf hash", detail.leaf_hash), ("bytes", grouped(detail.size))])
    for keyid, holder in detail.signatures:
        made.facts([("signed by", f"{holder or 'unknown key'}  {keyid}")])
    made.heading("Statement (in-toto, the signed payload)").line()
    text = json.dumps(detail.statement, indent=2, ensure_ascii=False)
    proof = f"\n\nInclusion proof against the current checkpoint\n\n{detail.proof}"
    return Content.assemble(made.content(), "\n", clean_long(text), clean_long(proof))


def predicate(detail: EntryDetail) -> dict[str, object]:
    """The statement's predicate, as far as it is an object."""
    found = detail.statement.get("predicate", {})
    return dict(found) if isinstance(found, dict) else {}


def proof_length(detail: EntryDetail) -> int:
    """Hashes in the proof: its lines that are neither header nor checkpoint."""
    body = detail.proof.split("\n\n", 1)[0]
    return sum(1 for line in body.splitlines() if line and not line.startswith(("c2sp.org", "index ", "extra ")))


def short_json(value: object) -> str:
    """A value on one line, cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:159] + "…"  # noqa: PLR2004 - four lines beside the table
