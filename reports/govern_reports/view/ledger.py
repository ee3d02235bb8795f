"""Ledger integrity, the register of entries, limits, glossary, how to verify, signatures and the attachment index."""

from govern.domain.text import digest_of
from govern_reports.view.blocks import Builder, Part, Section, Span, Tone, line, mono
from govern_reports.view.context import Context
from govern_reports.view.text import count, grouped, minute, plural, second

PRINTED_ENTRIES = 500
"""Rows of a table cost half a millisecond and 18 KiB a cell; every entry is attached."""
REGISTER_LINES = 62
"""Lines of the plain register that fit one page."""
STEP: dict[str, tuple[str, Tone]] = {
    "ok": ("ok", "good"), "wrong": ("WRONG", "bad"), "unchecked": ("not checked", "warn"), "not-run": ("not run", "muted"),
}


def integrity(context: Context) -> Section:
    """Say what was proved of the ledger at export."""
    pack = context.pack
    view = pack.verification
    page = Builder("integrity", "Ledger integrity")
    if view.problem:
        page.say(f"{view.problem} {view.hint}", role="alarm")
    page.facts(
        ("Origin", mono(pack.status.origin)), ("Size", plural(pack.size, "entry", "entries")),
        ("Root hash", mono(grouped(pack.root))),
        ("Last entry", second(pack.status.last_append) if pack.status.last_append else "none"),
        ("Unanchored tail", _tail(context)),
    )
    page.table(
        (">Step 8%", "What 34%", "Result 14%", "Detail 44%"),
        [(str(step.number), step.title, Span(*STEP[step.state]), step.detail or "–") for step in view.steps],
        "Verification of the ledger at export", empty="The ledger was not verified at export.",
    )
    page.head("Checkpoint")
    page.say("The signed tree head that every attached entry is proved against (C2SP tlog-checkpoint in a signed note):")
    page.pre(pack.checkpoint)
    if pack.previous_checkpoint:
        page.say("The checkpoint in the pack before this one, which the attached consistency proof joins to it:")
        page.pre(pack.previous_checkpoint)
    return page.done()


def _tail(context: Context) -> str:
    """Say how many entries no outside anchor covers."""
    status = context.pack.status
    if status.unanchored >= status.size:
        return f"all {plural(status.size, 'entry', 'entries')}: no checkpoint of this ledger has been anchored outside"
    minutes = f", {status.unanchored_minutes} minutes" if status.unanchored_minutes is not None else ""
    return plural(status.unanchored, "entry", "entries") + minutes if status.unanchored else "none: the last entry is anchored"


def entries(context: Context) -> Section:
    """Show entries: the last 500 in a table."""
    pack = context.pack
    page = Builder("entries", "Selected entries")
    shown = pack.entries[-PRINTED_ENTRIES:]
    page.table(
        (">Entry 8%", "Time, UTC 16%", "Kind 13%", "Subject 25%", "By 13%", "Summary 25%"),
        [(f"#{row.index}", minute(row.time), row.kind, row.subject, row.holder, row.summary) for row in shown],
        f"{plural(len(shown), 'entry', 'entries')} of {pack.size:,}",
        note="Times are those that the signers claim. Every entry is in the attachment entries.jsonl with its proof in proofs.jsonl.",
    )
    return page.done()


def register(context: Context) -> Section:
    """Print every entry as plain lines, cheap at any length."""
    pack = context.pack
    page = Builder("register", "Register of entries", new_page=True)
    rows = [
        f"{row.index:>7}  {minute(row.time)}  {row.kind:<12.12} {row.holder:<16.16} {row.subject:<34.34}".rstrip()
        for row in pack.entries
    ]
    for start in range(0, len(rows), REGISTER_LINES):
        page.pre("\n".join(rows[start:start + REGISTER_LINES]))
    if not rows:
        page.say("The ledger is empty.")
    return page.done()


def limits(context: Context) -> Section:
    """Say what can't be concluded from the pack."""
    page = Builder("limits", "Limits and words")
    page.head("What can't be concluded from this pack")
    page.listing([
        "That a signed statement is true. The signature says who stated it, not that it is so.",
        "That everything was recorded. Counters per key show a missing entry of a key that kept on signing, not a thing that was never stated.",
        "That the people behind the keys are who their pseudonyms suggest. The trust root names holders; a register kept elsewhere names people.",
        "That any time is right. Times are claimed by signers; only anchors (time stamps, outside copies) prove one.",
        f"Anything about entries after the last outside anchor against someone who holds both the database and the log key ({_tail(context)}).",
        "That a law is met. Rules support controls; whether a control is served is for people to say.",
        "That a group not listed here is treated alike: only the attributes and crossings shown were measured.",
        "How the model will do on data unlike what was measured.",
    ])
    page.head("Words")
    page.facts(
        ("entry", "a signed statement at a position in the ledger"),
        ("checkpoint", "a signed summary (size and root hash) of the ledger at one moment"),
        ("evidence", "sufficient statistics and the numbers computed from them; no row of data"),
        ("gate, decision", "the moment policy is asked, and its answer with the status of every rule"),
        ("inconclusive", "the evidence is missing, stale, for another subject, not trusted or too thin; never counted as a pass"),
        ("waiver", "a signed, expiring exception to one rule for one model; laid over the status, never in place of it"),
        ("closure", "everything that an approval relied on; the approval is stale as soon as a part of it changes"),
        ("impact ratio", "a group's selection rate divided by the reference group's (29 CFR 1607.4D)"),
        ("tamper-evident", "a change shows; not that a change is impossible"),
    )
    return page.done()


def verify(context: Context) -> Section:
    """Say how to check the pack, with our software and without it."""
    pack = context.pack
    page = Builder("verify", "How to verify this document", new_page=True)
    page.say(
        "You need this file and the ledger's trust root, given to you on another way: by hand, by a site you trust, or in an "
        "earlier pack. A key that is found only inside this file proves nothing.", role="lead",
    )
    page.head("With our software, offline")
    page.pre(
        "$ govern verify PACK.pdf --trust trust-root.json\n"
        "verified      (exit code 0; 1 = something is wrong; 4 = it could not be checked)\n\n"
        "$ govern verify PACK.pdf --trust trust-root.json --replay\n"
        "derives every verdict again from the attached evidence and policies",
    )
    names = {item.name for item in pack.attachments}
    page.head("With the one-file verifier that is attached" if "verify_pack.py" in names else "Without our software")
    steps = [
        "Take the attachments out: pdfdetach -saveall PACK.pdf (poppler), or a viewer's attachment panel.",
        ("Compare each file's SHA-256 with manifest.json; compare the manifest's own with the foot of any page and with the "
        "export entry of a later checkpoint."),
        ("For each line of entries.jsonl: leaf hash = SHA-256(0x00 || line). For each line of proofs.jsonl: hash up to the root "
        "(RFC 6962, SHA-256(0x01 || left || right)); the root must be the one in checkpoint.txt and on the cover."),
        ("Check the signature under checkpoint.txt (Ed25519, signed note) with the log key of your own trust root; with OpenSSL: "
        "openssl pkeyutl -verify -pubin -inkey log.pem -rawin -in note-text -sigfile signature."),
        ("Check each entry's DSSE signature with the key that your trust root has for its holder, and that the holder's role may "
        "sign that kind of statement."),
        ("If the PDF itself is signed: pdfsig PACK.pdf. Mind that a viewer may still say “valid” after an attachment was "
        "swapped in a later revision; pdfsig must say that the signature covers the total document."),
    ]
    if "verify_pack.py" in names:
        page.pre("$ python3 verify_pack.py PACK.pdf --trust trust-root.json")
        page.head("Without any of our software")
    page.listing(steps, ordered=True)
    page.say(
        "What a check proves: a self-signed certificate shows integrity, not identity; without a time stamp no time is "
        "proved; web browsers do not check signatures in PDFs.", role="note",
    )
    return page.done()


def back(context: Context) -> Section:
    """Write the signature panel and the attachment index."""
    pack = context.pack
    page = Builder("attachments", "Signature panel and attachments")
    page.say(
        "Signatures are applied to the file, not printed on it: the fields issuer, reviewer and auditor are invisible. Ask a "
        "PDF viewer or pdfsig who signed, and compare the fingerprint with the one you were given.",
    )
    page.table(
        ("Field 16%", "Signs for 44%", "Name, date 40%"),
        [
            ("issuer", "having exported this pack from the ledger", ""), ("reviewer", "having read it", ""),
            ("auditor", "having checked it", ""),
        ],
        "Signature panel, for a printed copy",
    )
    rows: list[tuple[Part, ...]] = [
        (mono(item.name), item.description, item.media_type, count(len(item.data)), line(mono(grouped(digest_of(item.data).removeprefix("sha256:")))))
        for item in sorted(pack.attachments, key=lambda item: item.name)
    ]
    if len(rows) > PRINTED_ENTRIES:
        rows = rows[:PRINTED_ENTRIES]
    page.table(
        ("Name 29%", "What 20%", "Type 12%", ">Bytes 8%", "SHA-256 31%"), rows, "Attachments",
        note="Beside these: report.html and report.css, from which these pages are made, and manifest.json, which lists every "
             f"attachment; its own SHA-256 is on each page's foot. {len(pack.attachments)} attachments are listed in the manifest beside the report.",
    )
    if pack.software:
        page.facts(*((name, line(version)) for name, version in sorted(pack.software.items())))
    return page.done()


