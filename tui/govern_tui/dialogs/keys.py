"""The dialogs about keys: make, enrol, rotate, revoke, change the passphrase; each as the command line does it."""

from collections.abc import Callable
from shlex import quote
from typing import Final

from govern.errors import UsageError
from govern.workflow.interface import Passphrases
from govern.workflow.views import Written
from govern_tui.desk import Desk, Doubts, PersonKey
from govern_tui.dialogs.asking import AskDialog, Secret
from govern_tui.dialogs.signing import Field
from govern_tui.text import grouped

ROOT_KEY: Final = "root"
"""The key that signs the trust root where the workspace names no other."""
FRESH: Final = "new"
AGAIN: Final = "again"
MOST_NAMED: Final = 6
"""Things that rest on a key's signatures that its dialog names before it leaves the others to the ledger page."""

Done = tuple[str, str]
"""What happened, for the user, and the same as a command."""


def _twice(passphrases: Passphrases) -> str:
    """A new passphrase that was typed the same twice. Raises `UsageError`."""
    fresh = passphrases(FRESH)
    if fresh != passphrases(AGAIN):
        raise UsageError("the two passphrases differ", "Nothing was written: type both again.")
    return fresh


NEW_SECRETS: Final = (Secret(key=FRESH, label="Passphrase", hint="of the new key"), Secret(key=AGAIN, label="The same again", hint="once more"))


def new_key(desk: Desk) -> AskDialog:
    """Make a key."""
    def make(values: dict[str, str], passphrases: Passphrases) -> Done:
        fresh = _twice(passphrases)
        keyid = desk.new_key(values["name"], values["holder"], lambda _: fresh)
        return f"New key: {keyid}", f"govern key new {quote(values['name'])} --holder {quote(values['holder'])}"

    return AskDialog(
        "NEW KEY", "An Ed25519 key of your own, kept encrypted outside the workspace. It signs nothing until it is enrolled.",
        [Field(id="name", label="Name", hint="such as officer"), Field(id="holder", label="Holder", hint="your pseudonym in the ledger")],
        make, secrets=NEW_SECRETS, sign="Make key",
    )


def enrol(desk: Desk, name: str, roles: tuple[str, ...]) -> AskDialog:
    """Take a key of this machine, or the one that a request file asks for, into the trust root."""
    def do(values: dict[str, str], passphrases: Passphrases) -> Done:
        who = values["who"]
        given: Callable[[str], str] = lambda key: passphrases(ROOT_KEY) if key == ROOT_KEY else passphrases("own")  # noqa: E731
        return _entry("Enrolled", desk.enrol(who, values["role"], given)), f"govern key enrol {quote(who)} --role {values['role']}"

    return AskDialog(
        "ENROL" + (f" · {name}" if name else ""),
        "A new version of the trust root, signed by the root key. From the next entry on this key may sign in the role.\n"
        "Where the root needs several signatures: govern key enrol NAME --role ROLE --output FILE, and each holder signs the file.",
        [Field(id="who", label="Key", value=name, hint="a key of this machine, or the path of a request file"),
         Field(id="role", label="Role", value="approver", choices=tuple((role, role) for role in roles))],
        do, secrets=(
            Secret(key=ROOT_KEY, label="Root passphrase", hint="of the key root"),
            Secret(key="own", label="Its passphrase", hint="of the key that comes in; nothing for a request file", needed=False),
        ), sign="Enrol",
    )


def rotate(desk: Desk, name: str) -> AskDialog:
    """Replace a key by another of the same holder."""
    def do(values: dict[str, str], passphrases: Passphrases) -> Done:
        fresh = values["fresh"]
        given: Callable[[str], str] = lambda key: passphrases(ROOT_KEY) if key == ROOT_KEY else passphrases("own")  # noqa: E731
        return _entry("Rotated", desk.rotate(name, fresh, given)), f"govern key rotate {name} {quote(fresh)}"

    return AskDialog(
        f"ROTATE · {name}", "Another key of the same holder takes every role of this one, which is void from then on. Make it first: a.",
        [Field(id="fresh", label="New key", value=f"{name}-2", hint="its name on this machine, or the path of a request file")],
        do, secrets=(
            Secret(key=ROOT_KEY, label="Root passphrase", hint="of the key root"),
            Secret(key="own", label="Its passphrase", hint="of the new key; nothing for a request file", needed=False),
        ), sign="Rotate",
    )


COMPROMISED: Final = "compromised"


def revoke(desk: Desk, row: PersonKey, doubts: Doubts) -> AskDialog:
    """Make a key void, knowing what that leaves without a good signature."""
    def do(values: dict[str, str], passphrases: Passphrases) -> Done:
        bad = values["how"] == COMPROMISED
        written = desk.revoke(row.keyid, f"{COMPROMISED}: {values['reason']}" if bad else values["reason"], passphrases)
        command = f"govern key revoke {row.keyid[:8]} --reason {quote(values['reason'])}"
        return _entry("Revoked", written), command + (" --compromised" if bad else "")

    def counted(number: int, word: str) -> str:
        return f"{grouped(number)} {word}{'s' * (number != 1)}"

    named = ", ".join(doubts.resting[:MOST_NAMED]) + (" …" if len(doubts.resting) > MOST_NAMED else "")
    rests = f"{counted(len(doubts.resting), 'thing')} rest{'s' * (len(doubts.resting) == 1)}: {named}" if doubts.resting else "nothing rests"
    before = f"its {counted(doubts.signed, 'signature')}, on which {rests}" if doubts.signed else "but it has signed nothing yet"
    return AskDialog(
        f"REVOKE · {row.holder}",
        f"The key {row.keyid} is void from the next entry on.\n"
        f"If somebody else may have had it, what it signed before is in doubt too: {before}.",
        [Field(id="how", label="Why", needed=False,
               choices=(("it is no longer used: what it signed holds", ""), ("somebody else may have had it", COMPROMISED))),
         Field(id="reason", label="Reason", hint="in a sentence; it is signed and kept")], do,
        secrets=(Secret(key=ROOT_KEY, label="Root passphrase", hint="of the key root"),), sign="Revoke",
    )


def change_passphrase(desk: Desk, name: str) -> AskDialog:
    """Protect a key of this machine with another passphrase."""
    def do(values: dict[str, str], passphrases: Passphrases) -> Done:
        del values
        fresh = _twice(passphrases)
        desk.change_passphrase(name, lambda key: passphrases("old") if key == name else fresh)
        return f"{name} has another passphrase", f"govern key passphrase {name}"

    return AskDialog(
        f"PASSPHRASE · {name}",
        "The key stays the same, and the ledger hears nothing of it. Whoever copied its file before still opens that copy with the old "
        "passphrase: where that may be, rotate the key instead.",
        [], do, secrets=(Secret(key="old", label="Old passphrase", hint=f"of the key {name}"), Secret(key=FRESH, label="New passphrase", hint="that opens it from now on"), NEW_SECRETS[1]), sign="Change",
    )


def _entry(word: str, written: Written) -> str:
    return f"{word}: entry #{written.index}"
