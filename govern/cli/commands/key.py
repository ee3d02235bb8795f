"""`govern key`: this user's signing keys, and their place in the ledger's trust root."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.files import read, write
from govern.cli.options import Proposed, Reason, Signer, given
from govern.cli.session import Session, command, group
from govern.cli.text import Cell
from govern.cli.trusting import made
from govern.domain.text import counted
from govern.errors import UsageError

Name = Annotated[str, typer.Argument(metavar="NAME", help="The key's name on this machine.")]

Holder = Annotated[
    str | None, typer.Option("--holder", metavar="PSEUDONYM", callback=given, help="Whose it is, if not as the key says.")
]


def add(app: typer.Typer) -> None:
    """Add the group."""
    keys = group(app, "key", "Make, list, enrol, rotate and revoke signing keys.")
    command(keys, "new", secrets=True, workspace=False)(new)
    command(keys, "list")(show)
    command(keys, "passphrase", secrets=True, workspace=False)(passphrase)
    command(keys, "request", secrets=True)(request)
    command(keys, "enrol", secrets=True)(enrol)
    command(keys, "rotate", secrets=True)(rotate)
    command(keys, "revoke", secrets=True)(revoke)


def new(
    session: Session, *,
    name: Name,
    holder: Holder = None,
    uri: Annotated[
        str | None,
        typer.Option(
            "--uri", metavar="URI", callback=given,
            help="Use a key that lies elsewhere: file:PATH, env:NAME, hsm:ID?label=TOKEN, gcpkms:…, awskms:…, azurekms:…",
        ),
    ] = None,
    public: Annotated[
        Path | None, typer.Option("--public", metavar="PEM", help="Its public half, where the URI's service does not tell it.")
    ] = None,
) -> None:
    """Make a key pair of your own, encrypted with a passphrase.

    With --uri, name one that lies elsewhere, as in a KMS or an HSM: it stays there, and its passphrase or PIN is asked for
    like that of any other key. A key counts only once it is enrolled.
    """
    from govern.trust.keyring import Keyring
    from govern.workflow.custody import keys

    home = session.home()
    if uri is None:
        if public is not None:
            raise UsageError("--public is for a key behind a URI", "Leave it out, or give --uri.")
        info = keys.new(
            home, name, holder=holder or name, passphrases=session.new_passphrases(Keyring(home.keys).names())
        )
    else:
        pem = read(public, "the public key") if public else None
        info = keys.link(home, name, uri, holder=holder or name, public=pem, passphrases=session.passphrases)
    if session.as_json:
        session.voice.document("govern/key/v1", {"key": info, "folder": home.keys})
        return
    session.voice.line(f"✓ key {info.name} of {info.holder}", "green")
    session.voice.table(
        [("key id", info.keyid), ("scheme", info.scheme), ("kept in", info.uri or home.keys)], indent="  "
    )
    session.voice.hint(f"Next: whoever holds the root key enrols it: govern key enrol {info.name} --role approver")


def passphrase(
    session: Session, *,
    name: Name,
) -> None:
    """Change the passphrase that protects a key on this machine.

    The key stays the same, and the ledger hears nothing of it. A passphrase file gives the old one in the line NAME and
    the new one in the line NAME.new. Whoever copied the file before still has it with the old passphrase: rotate then.
    """
    from govern.workflow.custody import keys

    home = session.home()
    keys.change_passphrase(home, name, passphrases=session.new_passphrases((name,)))
    if session.as_json:
        session.voice.document("govern/key/v1", {"key": next(key for key in keys.names(home) if key.name == name), "folder": home.keys})
        return
    session.voice.line(f"✓ the key {name} has another passphrase", "green")


def show(session: Session) -> None:
    """List the keys on this machine and those that the ledger trusts."""
    from govern.trust.keyring import Keyring

    home = session.home()
    ring = Keyring(home.keys)
    mine = {ring.info(name).keyid: ring.info(name) for name in ring.names()}
    rows = []
    try:
        with session.workspace() as workspace:
            root = workspace.ledger.trust_root()
            for keyid, known in root.keys.items():
                roles = tuple(sorted(role for role, who in root.roles.items() if keyid in who.keyids))
                info = mine.pop(keyid, None)
                rows.append(
                    {
                        "name": info.name if info else "", "holder": known.holder, "roles": roles, "keyid": keyid,
                        "scheme": known.scheme, "enrolled": True, "void_from": known.void_from, "here": info is not None,
                        "uri": info.uri if info else "",
                    }
                )
    except UsageError:
        if session.named_folder() is not None:
            raise
    rows += [
        {
            "name": info.name, "holder": info.holder, "roles": (), "keyid": info.keyid, "scheme": info.scheme,
            "enrolled": False, "void_from": None, "here": True, "uri": info.uri,
        }
        for info in mine.values()
    ]
    rows.sort(key=lambda row: (not row["here"], str(row["name"] or row["holder"])))
    if session.as_json:
        session.voice.document("govern/keys/v1", {"folder": home.keys, "keys": rows})
        return
    if not rows:
        session.voice.line(f"no keys in {home.keys}")
        session.voice.hint("`govern init` makes the first ones, `govern key new NAME` one of your own.")
        return
    session.voice.table(
        [
            (
                Cell(row["name"] or "(elsewhere)", "bold" if row["here"] else "dim"), row["holder"], str(row["keyid"])[:8],
                Cell(f"✗ VOID from #{row['void_from']}", "red") if row["void_from"] is not None
                else Cell("✓ ENROLLED", "green") if row["enrolled"] else Cell("· NOT ENROLLED", "dim"),
                ", ".join(row["roles"]) if isinstance(row["roles"], tuple) else "", str(row["uri"]),
            )
            for row in rows
        ],
        ("KEY", "HOLDER", "ID", "STATE", "ROLES", "LIES AT"),
    )


def request(
    session: Session, *,
    name: Name,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where the request goes.")],
    holder: Holder = None,
) -> None:
    """Write the file that asks for a key's enrolment.

    It holds the public key and a signature that proves its possession, and nothing secret: send it to whoever holds root.
    """
    from govern.workflow.custody import keys

    with session.workspace() as workspace:
        write(out, keys.request(workspace, name, holder=holder, passphrases=session.passphrases))
    if session.as_json:
        session.voice.document("govern/request/v1", {"file": out})
        return
    session.voice.line(f"✓ wrote {out}", "green")
    session.voice.hint(f"Next: whoever holds the root key: govern key enrol {out} --role ROLE")


def enrol(
    session: Session, *,
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A key on this machine, or a request file of another.")],
    role: Annotated[
        list[str], typer.Option("--role", metavar="ROLE", help="A role it gets; repeat for more (`govern trust show`).")
    ],
    holder: Holder = None,
    signer: Signer = None,
    out: Proposed = None,
) -> None:
    """Let a key sign in one or more roles.

    Writes a new version of the trust root, signed by the root key; the new key proves that its holder has it.
    """
    from govern.workflow.custody import keys

    with session.workspace() as workspace:
        change = keys.enrolling(workspace, name, roles=tuple(role), holder=holder, passphrases=session.passphrases)
        made(session, workspace, change, signers=signer, out=out, done=f"enrolled {name} as {', '.join(role)}")


def rotate(
    session: Session, *,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The key that goes: its name, or the beginning of its id.")],
    new_key: Annotated[str, typer.Argument(metavar="NEW", help="The key that comes: its name here, or a request file.")],
    void_from: Annotated[
        int | None,
        typer.Option("--void-from", metavar="INDEX", min=0, help="The old key is void from this entry on; else from now."),
    ] = None,
    signer: Signer = None,
    out: Proposed = None,
) -> None:
    """Replace a key by another of the same holder, in every role.

    What the old key signed stays valid. To rotate a root key, name both: --signer OLD --signer NEW.
    """
    from govern.workflow.custody import keys

    with session.workspace() as workspace:
        change = keys.rotating(workspace, old, new_key, void_from=void_from, passphrases=session.passphrases)
        made(session, workspace, change, signers=signer, out=out, done=f"rotated {old} to {new_key}")


def revoke(
    session: Session, *,
    name: Annotated[str, typer.Argument(metavar="KEY", help="Its name here, or the beginning of its id.")],
    reason: Reason,
    void_from: Annotated[
        int | None,
        typer.Option("--void-from", metavar="INDEX", min=0, help="What it signed from this entry on is void; else from now."),
    ] = None,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Somebody else may have it: what it signed before is in doubt as well.")
    ] = False,
    signer: Signer = None,
    out: Proposed = None,
) -> None:
    """Void a key from an entry on.

    Approvals that it signed from there on turn stale; with --compromised those before, too. Says which, and does not ask: a key
    in other hands can't wait.
    """
    from govern.trust.changes import COMPROMISED
    from govern.workflow.custody import keys

    why = f"{COMPROMISED}: {reason}" if compromised else reason
    with session.workspace() as workspace:
        change = keys.revoking(workspace, name, reason=why, void_from=void_from)
        signed, resting = keys.in_doubt(workspace, name, void_from=void_from, compromised=compromised)
        if not session.as_json:
            session.voice.talk(
                f"{counted(signed, 'entry', 'entries')} that {name} signed {'is' if signed == 1 else 'are'} void or in doubt; "
                f"{counted(len(resting), 'thing rests', 'things rest')} on that"
            )
            for node in resting:
                session.voice.talk(f"  {node.label}  {node.kind} #{node.index}")
        made(session, workspace, change, signers=signer, out=out, done=f"revoked {name}", touches=resting)
