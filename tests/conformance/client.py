"""A conformance client: `python tests/conformance/client.py OP`, one JSON document on stdin.

Exit 0: accepted; 1: rejected; anything else is a crash. Thin over the code that govern itself uses, so that the suites of
other projects can be run against it.
"""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cryptography.exceptions import InvalidSignature

from govern.canonical.dsse import envelope_of, pae, parse_envelope
from govern.canonical.jcs import canonicalize, parse_foreign_json
from govern.errors import GovernError
from govern.ledger import tree
from govern.ledger.checkpoint import parse_text
from govern.ledger.note import open_note, parse_vkey
from govern.trust.keys import check_ed25519, check_ed25519_for_verifying, load_pem, signature_is_by


def decode(given):
    """Decode what the suite's own JSON writer encoded: standard base64, null for nothing."""
    return base64.b64decode(given or "", validate=True)


def text(value):
    """Return a text of the case, and refuse anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def whole(value):
    """Return a size or an index, which may lie beyond what the strict reader keeps exactly."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def inclusion(case):
    tree.verify_inclusion(
        whole(case["leafIdx"]), whole(case["treeSize"]), decode(case["leafHash"]), [decode(one) for one in case["proof"] or []],
        decode(case["root"]),
    )


def consistency(case):
    tree.verify_consistency(
        whole(case["size1"]), whole(case["size2"]), [decode(one) for one in case["proof"] or []], decode(case["root1"]),
        decode(case["root2"]),
    )


def note(case):
    return open_note(decode(case["note"]), [parse_vkey(text(one)) for one in case["vkeys"]])[0]


def checkpoint(case):
    said = parse_text(note(case).text)
    print(json.dumps({"origin": said.origin, "size": said.size, "root": base64.b64encode(said.root).decode()}))


def enrol_key(case):
    check_ed25519(bytes.fromhex(case["ed25519"]))


def ed25519(case):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = bytes.fromhex(case["public"])
    check_ed25519_for_verifying(public)
    signature_is_by(
        Ed25519PublicKey.from_public_bytes(public), bytes.fromhex(case["signature"]), bytes.fromhex(case["message"])
    )


def dsse(case):
    given = case["envelope"]
    envelope = parse_envelope(given.encode()) if isinstance(given, str) else envelope_of(given)
    key = load_pem(text(case["public"]))
    message = pae(envelope.payload_type, envelope.payload)
    for one in envelope.signatures:
        try:
            signature_is_by(key, one.sig, message)
        except InvalidSignature:
            continue
        # Only what was verified is parsed, and only its exact bytes.
        parse_foreign_json(envelope.payload)
        return
    raise InvalidSignature


OPS = {
    "inclusion": inclusion, "consistency": consistency, "note": note, "checkpoint": checkpoint, "enrol-key": enrol_key,
    "ed25519": ed25519, "dsse": dsse,
}


def main():
    op, data = sys.argv[1], sys.stdin.buffer.read()
    try:
        if op == "jcs":
            sys.stdout.buffer.write(canonicalize(data))
            return 0
        parse_foreign_json(data)
        # Read again as it stands: sizes of trees go up to 2^64, and the strict reader rounds what other readers would.
        OPS[op](json.loads(data))
    except (GovernError, InvalidSignature) as error:
        print(f"rejected: {error}", file=sys.stderr)
        return 1
    except (ValueError, TypeError, KeyError) as error:
        # Hexadecimal or base64 that is none, a value of another type or none at all: the case itself is refused.
        print(f"rejected: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
