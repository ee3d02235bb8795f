"""Asking what an evidence pack is about, what its pages show and where it goes, and writing it as a job that can be stopped."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from re import fullmatch
from shlex import quote
from typing import Any, Final, cast, get_args

from govern.domain.text import instant, moment
from govern.errors import GovernError, UsageError
from govern.workflow.interface import Kind, Passphrases, Period, RenderedPack
from govern.workflow.printed import PagePart, Printed
from govern_tui.desk import PackAbout
from govern_tui.dialogs.asking import AskDialog
from govern_tui.dialogs.signing import Field
from govern_tui.host import Host

TITLE: Final = "writing the pack"
EXPORT_KEY: Final = "pipeline"
"""The key that signs exports where the workspace names no other; `init` makes it."""
KINDS: Final[tuple[str, ...]] = get_args(Kind)
PARTS: Final[tuple[PagePart, ...]] = get_args(PagePart)
FULL: Final = "full-ledger"
HINTS: Final = "model: credit@2 · system: credit · decision: #15 · control: nist-ai-rmf · ledger: nothing"
PERIODS: Final = "everything; else 2026, 2026-Q3, 2026-09, or 2026-09-01..2026-09-15"
DAY: Final = len("2026-11-21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A pack as ordered."""

    about: PackAbout
    out: Path
    passphrases: Passphrases


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was filled in, to be shown before it is exported."""

    about: PackAbout
    values: dict[str, str]


def file_name(kind: str, ref: str) -> str:
    """A file name for the pack of `credit@2`, or of a system, a decision, a framework, the ledger."""
    word = ref if kind == "model" else f"{kind}-{ref}" if ref else kind
    return "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in word) + ".pdf"


def period_of(text: str) -> Period | None:
    """Both ends of a year, a quarter, a month, or of what lies between two days, the last of them whole. Raises `UsageError`."""
    if not text:
        return None
    begin, dots, end = (part.strip() for part in text.partition(".."))
    if dots:
        first, last = moment(begin), moment(end) + timedelta(days=1 if len(end) == DAY else 0)
        if last <= first:
            raise UsageError("the period ends before it begins", "Give the days in the order in which they were.")
        return first, last
    found = fullmatch(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", text.upper())
    if found is None:
        raise UsageError(f"“{text[:40]}” is no period", f"Leave it out for {PERIODS}.")
    year, quarter, month = (int(part or 0) for part in found.groups())
    at, months = (3 * quarter - 3, 3) if quarter else (month - 1, 1) if month else (0, 12)
    return _month(year, at), _month(year, at + months)


def _month(year: int, months: int) -> datetime:
    try:
        return datetime(year + months // 12, months % 12 + 1, 1, tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"{year} is no year", "Write it as 2026.") from error


def about_of(values: dict[str, str]) -> PackAbout:
    """Read what it is about and what its pages show. Raises `UsageError`."""
    kind, ref, ticked = values["kind"], values["about"], values["pages"].split()
    if not ref and kind != "ledger":
        raise UsageError(f"a pack of the kind {kind} is about something", "Name it, such as credit@2.")
    printed = Printed(without=tuple(part for part in PARTS if part not in ticked), full_ledger=FULL in ticked)
    return PackAbout(kind=cast("Kind", kind), ref="" if kind == "ledger" else ref, period=period_of(values["period"]), printed=printed)


def order_of(values: dict[str, str], folder: Path, passphrases: Passphrases) -> Order:
    """Read what was filled in. Raises `UsageError`."""
    about = about_of(values)
    out = Path(values["file"]).expanduser() if values["file"] else folder / file_name(about.kind, about.ref)
    if out.exists():
        raise UsageError(f"{out} is there already", "Choose another name: a pack that was handed out is not overwritten.")
    return Order(about=about, out=out, passphrases=passphrases)


def command_of(order: Order) -> str:
    """The same on the command line."""
    about = order.about
    words = ["govern export", *([quote(about.ref)] if about.ref else []), *([] if about.kind == "model" else ["--kind", about.kind])]
    if about.period is not None:
        words += [f"--from {_told(about.period[0])}", f"--to {_told(about.period[1])}"]
    words += [f"--without {part}" for part in about.printed.without] + (["--full-ledger"] if about.printed.full_ledger else [])
    return " ".join([*words, "-o", quote(str(order.out))])


def _told(time: datetime) -> str:
    return instant(time).removesuffix("T00:00:00Z")


class PackDialog(AskDialog):
    """Asks for a pack; Preview leaves with a `Draft`, Export with an `Order`."""

    def __init__(self, values: dict[str, str], folder: Path) -> None:
        """`values` fill the fields in."""
        super().__init__(
            "NEW PACK",
            f"A PDF/A-3 with the machine-readable proofs attached, whatever its pages show. That it left the house is recorded, signed with the key {EXPORT_KEY}.\n" + HINTS,
            [
                Field(id="kind", label="Kind", value=values["kind"], choices=tuple((one, one) for one in KINDS)),
                Field(id="about", label="About", value=values["about"], needed=False),
                Field(id="period", label="Period", value=values["period"], hint=PERIODS, needed=False),
                Field(
                    id="pages", label="Pages show", value=values["pages"], kind="ticks", needed=False,
                    choices=(*((part, part) for part in PARTS), ("full ledger", FULL)),
                ),
                Field(id="file", label="File", value=values["file"], hint=f"{folder / file_name(values['kind'], values['about'])}", needed=False),
            ],
            lambda given, passphrases: order_of(given, folder, passphrases), secrets=(EXPORT_KEY,), sign="Export",
        )

    def ways(self) -> tuple[tuple[str, str], ...]:
        """Preview needs no passphrase."""
        return (("preview", "Preview"),)

    def way(self, name: str) -> None:
        """Leave for the preview."""
        del name
        values = self.values()
        try:
            self.dismiss(Draft(about=about_of(values), values=values))
        except GovernError as error:
            self.complain(error)


def blank(kind: str, ref: str) -> dict[str, str]:
    """What the fields hold at first."""
    return {"kind": kind, "about": ref, "period": "", "pages": " ".join(PARTS), "file": ""}


def ask_for_pack(host: Host, values: dict[str, str]) -> None:
    """Ask what it is about, where it goes and for the passphrase, then write it, or show on the reports page what it would say."""
    async def shown(draft: Draft) -> None:
        await host.go("reports")
        if host.page is not None and hasattr(host.page, "show_draft"):
            host.page.show_draft(draft)

    def start(answer: Order | Draft | None) -> None:
        if isinstance(answer, Draft):
            host.call_later(shown, answer)
        elif answer is not None:
            write(host, answer)

    host.push_screen(PackDialog(values, host.desk.exports()), start)


def write(host: Host, order: Order) -> None:
    """Write a pack as a job."""
    def work(progress: Any) -> RenderedPack:
        order.out.parent.mkdir(parents=True, exist_ok=True)
        return host.desk.export(order.about, order.out, key="", passphrases=order.passphrases, progress=progress)

    host.say(command_of(order))
    host.start_job(TITLE, work, lambda pack: done(host, pack))


def done(host: Host, pack: RenderedPack) -> None:
    """Say where the pack is and what it hashes to."""
    host.changes += 1
    host.notify(f"{pack.path}\n{pack.pages} pages, {pack.digest}", title="Evidence pack written", markup=False, timeout=12)
    if host.page is not None and hasattr(host.page, "pack_written"):
        host.page.pack_written(pack)
