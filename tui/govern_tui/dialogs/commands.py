"""A decision as the command that does the same: for the command log, without the passphrase."""

from datetime import datetime, timedelta
from shlex import quote

from govern.domain.text import instant, short
from govern.workflow.views import Dossier
from govern_tui.desk import Choice


def command_of(dossier: Dossier, choice: Choice, *, now: datetime) -> str:
    """The same on the command line."""
    words = [*_command(dossier, choice, instant(now + timedelta(days=choice.days)))]
    for one in choice.conditions:
        words += ["--condition", quote(f"{one.title}; {one.owner}; {instant(one.due)}; {one.severity}")]
    if choice.verb != "open-finding" and choice.reason:
        words += ["--reason", quote(choice.reason)]
    return " ".join([*words, "--as", quote(choice.key)])


def _command(dossier: Dossier, choice: Choice, due: str) -> list[str]:
    on = [dossier.name, "--gate", dossier.gate]
    match choice.verb:
        case "approve-waiver" | "revoke-waiver":
            return ["govern review waive", "--approve" if choice.verb == "approve-waiver" else "--revoke", choice.subject]
        case "remediate" | "close-finding":
            return ["govern finding", "remediate" if choice.verb == "remediate" else "close", choice.subject]
        case "open-finding":
            words = ["govern finding open", dossier.name, "--title", quote(choice.reason), "--owner", quote(choice.owner)]
            return [*words, "--due", due, "--severity", choice.severity]
        case "waive":
            control = ["--control", quote(choice.control)] if choice.control else []
            return ["govern review waive", *on, "--rule", choice.subject, "--expires", due, *control]
        case "attest":
            return ["govern review attest", *on, "--rule", choice.subject]
        case "take-back":
            return ["govern review take-back", *on, "--entry", choice.subject]
        case "approve" | "approve-on":
            return ["govern review approve", *on, *(["--closure", short(dossier.closure)] if dossier.closure else [])]
        case _:
            return ["govern review", choice.verb, *on]
