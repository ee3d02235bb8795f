"""An attacker who owns the database: drops the triggers, then writes whatever rows they like."""

import sqlite3
from contextlib import closing
from dataclasses import replace

from govern.canonical.dsse import PAYLOAD_TYPE, Envelope, Signature, leaf_bytes, pae, parse_leaf
from govern.canonical.statement import read_statement, write_statement
from govern.ledger import tree
from govern.ledger.checkpoint import sign_checkpoint


def write_rows(path, *statements):
    """Run (statement, values…) on a SQLite ledger as whoever owns its file, the triggers dropped first."""
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        for statement, *values in statements:
            connection.execute(statement, values)
        connection.commit()


def resigned(leaf, *signers, change=lambda statement: statement, keyids=None):
    """Change a leaf's statement and sign it again, under other key ids if wanted."""
    statement = change(read_statement(parse_leaf(leaf).payload))
    payload = write_statement(statement)
    message = pae(PAYLOAD_TYPE, payload)
    ids = keyids or [one.keyid for one in signers]
    return leaf_bytes(
        Envelope(
            payload=payload,
            signatures=tuple(
                Signature(keyid=keyid, sig=one.sign(message)) for keyid, one in zip(ids, signers, strict=True)
            ),
        )
    )


def edited(leaf, **changes):
    """Change a leaf's fact and keep its signatures."""
    envelope = parse_leaf(leaf)
    statement = read_statement(envelope.payload)
    payload = write_statement(replace(statement, fact=replace(statement.fact, **changes)))
    return leaf_bytes(replace(envelope, payload=payload))


class Attacker:
    """Holds every row of a ledger and writes them back changed."""

    def __init__(self, kit, raw):
        self.kit = kit
        self.raw = raw
        self.leaves = list(kit.ledger.leaves())
        self.notes = dict(kit.ledger.checkpoints())

    def write(self, leaves=None, *, notes=None, log=None, tree_too=True, roots=None):
        """Replace the ledger's rows; with the log's key every checkpoint is signed again."""
        leaves = self.leaves if leaves is None else leaves
        notes = dict(self.notes if notes is None else notes)
        statements = [("DELETE FROM entry",), ("DELETE FROM checkpoint",)]
        statements += [("INSERT INTO entry (idx, leaf) VALUES (%s, %s)", i, leaf) for i, leaf in enumerate(leaves)]
        frontier, rows = tree.Frontier(), []
        for leaf in leaves:
            rows += frontier.extend([tree.leaf_hash(leaf)])
            if log is not None and frontier.size in notes:
                notes[frontier.size] = sign_checkpoint(self.kit.origin, frontier.size, frontier.root(), log).note
        if log is not None:
            notes[len(leaves)] = sign_checkpoint(self.kit.origin, len(leaves), frontier.root(), log).note
        statements += [("INSERT INTO checkpoint (size, note) VALUES (%s, %s)", *item) for item in sorted(notes.items())]
        if tree_too:
            statements.append(("DELETE FROM node",))
            statements += [("INSERT INTO node (id, hash) VALUES (%s, %s)", i, row) for i, row in enumerate(rows)]
        if roots is not None:
            statements.append(("DELETE FROM root",))
            statements += [("INSERT INTO root (version, idx) VALUES (%s, %s)", *item) for item in roots]
        self.raw(*statements)
        self.kit.reopen()
