"""Asking what an evidence pack is about and where it goes, and writing it as a job that can be stopped."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shlex import quote
from typing import Any, Final, cast, get_args

from govern.domain.text import instant, moment
from govern.errors import UsageError
from govern.workflow.interface import Kind, Passphrases, Period, RenderedPack
from govern_tui.desk import PackAbout
from govern_tui.dialogs.asking import AskDialog
from govern_tui.dialogs.signing import Field
from govern_tui.host import Host

TITLE: Final = "writing the pack"
EXPORT_KEY: Final = "pipeline"
"""The key that signs exports where the workspace names no other; `init` makes it."""
KINDS: Final[tuple[str, ...]] = get_args(Kind)
HINTS: Final = "model: credit@2 · system: credit · decision: #15 · control: nist-ai-rmf · ledger: nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A pack as ordered."""

    about: PackAbout
    out: Path
    passphrases: Passphrases


def file_name(kind: str, ref: str) -> str:
    """A file name for the pack of `credit@2`, or of a system, a decision, a framework, the ledger."""
    word = ref if kind == "model" else f"{kind}-{ref}" if ref else kind
    return "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in word) + ".pdf"


def period_of(begin: str, end: str) -> Period | None:
    """Both ends of a period, or none. Raises `UsageError`."""
    if not begin and not end:
        return None
    if not begin or not end:
        raise UsageError("a period has two ends", "Give both days, or leave both out.")
    first, last = moment(begin), moment(end)
    if last <= first:
        raise UsageError("the period ends before it begins", "Give the days in the order in which they were.")
    return first, last


def order_of(values: dict[str, str], folder: Path, passphrases: Passphrases) -> Order:
    """Read what was filled in. Raises `UsageError`."""
    kind, ref = values["kind"], values["about"]
    if not ref and kind != "ledger":
        raise UsageError(f"a pack of the kind {kind} is about something", "Name it, such as credit@2.")
    out = Path(values["file"]).expanduser() if values["file"] else folder / file_name(kind, ref)
    if out.exists():
        raise UsageError(f"{out} is there already", "Choose another name: a pack that was handed out is not overwritten.")
    about = PackAbout(kind=cast("Kind", kind), ref="" if kind == "ledger" else ref, period=period_of(values["from"], values["to"]))
    return Order(about=about, out=out, passphrases=passphrases)


def command_of(order: Order) -> str:
    """The same on the command line."""
    words = ["govern export", *([quote(order.about.ref)] if order.about.ref else [])]
    words += [] if order.about.kind == "model" else ["--kind", order.about.kind]
    if order.about.period is not None:
        words += ["--from", instant(order.about.period[0])[:10], "--to", instant(order.about.period[1])[:10]]
    return " ".join([*words, "-o", quote(str(order.out))])


def ask_for_pack(app: Host, kind: str, ref: str) -> None:
    """Ask what it is about, where it goes and for the passphrase, then write it."""
    folder = app.desk.exports()

    def start(order: Order | None) -> None:
        if order is None:
            return

        def work(progress: Any) -> RenderedPack:
            order.out.parent.mkdir(parents=True, exist_ok=True)
            return app.desk.export(order.about, order.out, key="", passphrases=order.passphrases, progress=progress)

        app.say(command_of(order))
        app.start_job(TITLE, work, lambda pack: done(app, pack))

    today = instant(app.desk.now() - timedelta(days=90))[:10]
    app.push_screen(
        AskDialog(
            "EXPORT",
            f"A PDF/A-3 with the machine-readable proofs attached. That it left the house is recorded, signed with the key {EXPORT_KEY}.\n" + HINTS,
            [
                Field(id="kind", label="Kind", value=kind, choices=tuple((one, one) for one in KINDS)),
                Field(id="about", label="About", value=ref, needed=False), Field(id="from", label="From", hint=f"everything; else a day such as {today}", needed=False),
                Field(id="to", label="To", hint="everything; else a day", needed=False),
                Field(id="file", label="File", hint=f"{folder / file_name(kind, ref)}", needed=False),
            ],
            lambda values, passphrases: order_of(values, folder, passphrases), secrets=(EXPORT_KEY,), sign="Export",
        ),
        start,
    )


def done(app: Host, pack: RenderedPack) -> None:
    """Say where the pack is and what it hashes to."""
    app.changes += 1
    app.notify(f"{pack.path}\n{pack.pages} pages, {pack.digest}", title="Evidence pack written", markup=False, timeout=12)
    if app.page is not None and hasattr(app.page, "pack_written"):
        app.page.pack_written(pack)
