"""Ledger integrity, the register of entries, limits, glossary, signatures and the attachment index."""

from collections.abc import Sequence
from itertools import pairwise

from govern.domain.text import digest_of
from govern.workflow.pack import PackData
from govern.workflow.views import EntryRow
from govern_reports.view.blocks import Builder, Part, Section, Span, Tone, line, mono
from govern_reports.view.context import Context
from govern_reports.view.proving import leaf_hashes
from govern_reports.view.text import count, ends, grouped, minute, plural, second

PRINTED_ENTRIES = 500
"""Rows of a table cost half a millisecond and 18 KiB a cell; every entry is attached."""
MOST_ATTACHMENTS = 200
"""Rows of the index; the manifest lists all."""
MOST_ANCHORS = 24
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
        page.say(f"{view.problem.rstrip('.')}. {view.hint}", role="alarm")
    page.facts(
        ("Origin", mono(pack.status.origin)), ("Size", plural(pack.size, "entry", "entries")),
        ("Root hash", mono(grouped(pack.root))),
        ("Last entry", second(pack.status.last_append) if pack.status.last_append else "none"),
        ("Unanchored tail", _tail(context)), ("Clock", _clock(pack.entries)),
    )
    page.table(
        (">Step 8%", "What 34%", "Result 14%", "Detail 44%"),
        [(str(step.number), step.title, Span(*STEP[step.state]), step.detail or "–") for step in view.steps],
        "Verification of the ledger at export", empty="The ledger was not verified at export.",
    )
    anchors = [row for row in pack.entries if row.kind == "anchor"]
    page.table(
        (">Entry 8%", "Recorded, UTC 18%", "What was kept outside, and where 54%", "By 20%"),
        [(f"#{row.index}", minute(row.time), row.summary, row.holder) for row in anchors[-MOST_ANCHORS:]],
        f"Anchors, {plural(len(anchors), 'checkpoint')} kept outside" if anchors else "Anchors",
        note=f"The last {MOST_ANCHORS}; all of them are in the attached entries." if len(anchors) > MOST_ANCHORS else "",
        empty=f"None recorded; searched in {'those of' if pack.salvaged else 'all'} {pack.size:,} entries{' that can be read' if pack.salvaged else ''}.",
    )
    page.head("Checkpoint")
    held = "to hold the attached entries against" if pack.salvaged else "that every attached entry is proved against"
    page.say(f"The signed tree head {held} (C2SP tlog-checkpoint in a signed note):")
    page.pre(pack.checkpoint)
    if pack.previous_checkpoint:
        page.say("The checkpoint in the pack before this one; consistency.json proves that its ledger is the beginning of this one:")
        page.pre(pack.previous_checkpoint)
    return page.done()


def _clock(entries: Sequence[EntryRow]) -> str:
    """Say how far the times that signers claim went backwards."""
    back = [before.time - after.time for before, after in pairwise(entries) if after.time < before.time]
    said = "signers' own, proved by nothing but anchors; "
    if not back:
        return said + "no entry claims an earlier time than the entry before it"
    return said + f"{plural(len(back), 'entry claims', 'entries claim')} an earlier time than the entry before, by {max(back).total_seconds():,.0f} seconds at most"


def _tail(context: Context) -> str:
    """Say how many entries no outside anchor covers."""
    status = context.pack.status
    if context.pack.salvaged:
        return "not known: the ledger could not be read whole"
    if status.unanchored >= status.size:
        return f"all {plural(status.size, 'entry', 'entries')}: no checkpoint of this ledger has been anchored outside"
    minutes = f", {status.unanchored_minutes} minutes" if status.unanchored_minutes is not None else ""
    return plural(status.unanchored, "entry", "entries") + minutes if status.unanchored else "none: the last entry is anchored"


def entries(context: Context) -> Section:
    """Show entries: the last 500 in a table."""
    pack = context.pack
    page = Builder("entries", "Selected entries")
    shown = pack.entries[-PRINTED_ENTRIES:]
    leaves = leaf_hashes(pack)
    page.table(
        (">Entry 7%", "Time, UTC 14%", "Kind 11%", "Subject 19%", "By 11%", "Summary 22%", "Leaf hash 16%"),
        [
            (f"#{row.index}", minute(row.time), row.kind, row.subject, row.holder, row.summary, mono(ends(leaves.get(row.index, "–"))))
            for row in shown
        ],
        f"{plural(len(shown), 'entry', 'entries')} of {pack.size:,}",
        note="Times are those that the signers claim. Every entry is in the attachment entries.jsonl with its proof in proofs.jsonl; a leaf "
             "hash is SHA-256(0x00 || line), here its first and last eight digits.",
    )
    return page.done()


def register(context: Context) -> Section:
    """Print every entry as plain lines, cheap at any length."""
    pack = context.pack
    page = Builder("register", "Register of entries", new_page=True)
    leaves = leaf_hashes(pack)
    rows = [
        f"{row.index:>7}  {minute(row.time)}  {row.kind:<12.12} {row.holder:<16.16} {row.subject:<34.34} {leaves.get(row.index, '')[:16]}".rstrip()
        for row in pack.entries
    ]
    unread = _gaps(pack)
    if unread:
        rows = sorted([*rows, *unread], key=lambda row: int(row.split()[0]))
    if pack.entries:
        page.say("Entry, time that the signer claims (UTC), kind, signer, subject, and the first 16 digits of the leaf hash.", role="note")
    for start in range(0, len(rows), REGISTER_LINES):
        page.pre("\n".join(rows[start:start + REGISTER_LINES]))
    if not rows:
        page.say("The ledger is empty.")
    return page.done()


def _gaps(pack: PackData) -> list[str]:
    """Say where entries of a damaged ledger can't be shown, so that nobody reads over it."""
    if not pack.unread:
        return []
    shown = [-1, *(row.index for row in pack.entries), pack.size]
    return [
        f"{before + 1:>7}  CAN'T BE READ" + (f", nor can those up to {after - 1}" if after - before > 2 else "")  # noqa: PLR2004
        for before, after in pairwise(shown) if after - before > 1
    ]


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
        ("observe, advise, require, mandatory", "how a rule binds: recorded only; warns; denies, and may be waived; denies, and may not"),
        ("inconclusive", "the evidence is missing, stale, for another subject, not trusted or too thin; never counted as a pass"),
        ("waiver", "a signed, expiring exception to one rule for one model; laid over the status, never in place of it"),
        ("closure", "everything that an approval relied on; the approval is stale as soon as a part of it changes"),
        ("impact ratio", "a group's selection rate divided by the reference group's (29 CFR 1607.4D)"),
        ("shortfall", "how many favourable outcomes a group lacks to the rate of itself and the reference group together"),
        ("detectable", "the smallest difference in rates that so many people show four times in five, by a test at 5 %"),
        ("flip", "whether one person chosen in place of another would move the ratio across the threshold"),
        ("quorum", "how many approvals, of which roles, a gate asks for"),
        ("TPR, FPR", "true and false positive rate: the share of positives, and of negatives, that the model calls positive"),
        ("cluster", "features that go together, and are therefore shuffled together"),
        ("p; p, corrected; p_adjusted", "how often chance alone would give as much; corrected for how many groups or features were looked at"),
        ("population stability index", "how far a distribution moved: 0 not at all, 0.1 a little, 0.25 much"),
        ("tamper-evident", "a change shows; not that a change is impossible"),
    )
    return page.done()


def _folder(name: str) -> str:
    """Return a file's name, of an object only the folder and ending, for its digest is printed beside it."""
    folder, _, rest = name.rpartition("/")
    return f"{folder}/….{rest.rpartition('.')[2]} " if folder and len(rest) > len("sha256") * 8 else f"{name} "


def back(context: Context) -> Section:
    """Write the signature panel and the attachment index."""
    pack = context.pack
    page = Builder("attachments", "Signature panel and attachments")
    page.say(
        "Signatures are applied to the file, not printed on it: the fields issuer, reviewer and auditor are invisible. Ask a "
        "PDF viewer or pdfsig who signed, and compare the fingerprint with the one you were given.",
    )
    page.table(
        ("Field 14%", "Signs for 34%", "Name 22%", "Date 12%", "Signature 18%"),
        [
            ("issuer", "having exported this pack from the ledger", "", "", ""), ("reviewer", "having read it", "", "", ""),
            ("auditor", "having checked it", "", "", ""),
        ],
        "Signature panel, for a printed copy", style="signing",
    )
    rows: list[tuple[Part, ...]] = [
        (
            line(mono(_folder(item.name)), item.description), item.media_type.removeprefix("application/"), count(len(item.data)),
            mono(grouped(digest_of(item.data).removeprefix("sha256:"))),
        )
        for item in sorted(pack.attachments, key=lambda item: item.name)[:MOST_ATTACHMENTS]
    ]
    page.table(
        ("File 46%", "Type 10%", ">Bytes 9%", "SHA-256 35%"), rows, "Attachments",
        note=f"{len(rows)} of {len(pack.attachments)} are listed here. Beside these: report.html and report.css, from which these pages are "
             "made, and manifest.json, which lists every attachment; its own SHA-256 is on each page's foot. An object in a folder is "
             "called by its whole SHA-256.",
    )
    if pack.software:
        page.facts(*((name, line(version)) for name, version in sorted(pack.software.items())))
    return page.done()


