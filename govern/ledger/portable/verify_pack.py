"""Verify an evidence pack (PDF) or one exported entry, offline, against a trust root that you were given another way.

    python verify_pack.py --trust ROOT PACK.pdf
    python verify_pack.py --trust ROOT ENTRY.dsse.json PROOF.tlog-proof

This file needs Python 3.9 or newer and the package `cryptography`, nothing else, and shares no code with govern. Read it:
that is what it is for. ROOT is the file that `govern trust show -o ROOT` writes. A key that is found only inside the pack is
never believed. Exit code 0: verified; 1: wrong; 2: usage; 4: it could not be checked.

Checked are: (1) the chain of trust roots, up to yours; (2) every entry's hash and its inclusion in the tree; (3) the
checkpoint; (4) every signature; (5) that the signer's role allows the statement; (6) where all entries are there, each
key's counter; (7) the statement's frame: type, subjects, header; and every attachment against the manifest and the entries.
Not checked: a statement's own fields, that a claim is true, that policy was applied rightly, when it was: `govern verify
--replay` derives verdicts again, and only time stamps prove a time.
"""
# Written to be read by people who use neither govern’s linter nor its types: plain Python, one page after another.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, B905, E701, E731, D101, D102, D103, N818, PLR2004, PLW2901, PTH123, SLOT001, T201
# mypy: ignore-errors
import base64
import datetime as dt
import hashlib
import json
import re
import sys
import zlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PAYLOAD_TYPE, STATEMENT = "application/vnd.in-toto+json", "https://in-toto.io/Statement/v1"
MAX_PACK, MAX_OBJECT, MAX_LEAF, MAX_DEPTH, MAX_SIGNATURES = 512 << 20, 256 << 20, 65_535, 32, 16

class Wrong(Exception):
    """Something is wrong; the step says where it was found."""
    def __init__(self, step, what): super().__init__(f"step {step}: {what}")

class Unchecked(Exception): pass

def expect(condition, step, what):
    if not condition: raise Wrong(step, what)

# --- JSON and base64, read so that no two readers can take them for different things -----------------------------------
def _unique(pairs):
    expect(len(dict(pairs)) == len(pairs), 0, "a key of a JSON object stands twice")
    return dict(pairs)
def _whole(text):
    expect(len(text) <= 17 and abs(int(text)) <= 2**53 - 1, 0, "a whole number beyond 2^53 - 1")
    return int(text)
def _never(text): raise Wrong(0, f"{text[:40]} in JSON")

def parse(data, step):
    depth = deepest = 0
    for mark in re.finditer(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', data, re.DOTALL):
        deepest = max(deepest, depth := depth + (mark[0] in b"[{") - (mark[0] in b"]}"))
    expect(deepest <= MAX_DEPTH, step, "JSON is nested too deep")
    try:
        hooks = {"parse_float": _never, "parse_constant": _never, "parse_int": _whole}
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, **hooks)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair can't be encoded
    except (ValueError, RecursionError) as error:
        raise Wrong(step, f"not strict JSON: {error}") from error
    return value

def canonical(value):
    """Write RFC 8785 JSON; enough for what govern writes, which has neither floats nor exotic keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")

def digest(data): return hashlib.sha256(data).hexdigest()
def unbase64(text, step):
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise Wrong(step, "a text is not base64") from error
    expect(data and base64.b64encode(data).decode() == text, step, "base64 in a second spelling")
    return data

# --- Keys: RFC 8032 points, because libraries load keys under which anybody can sign -----------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

def _point(raw):
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (v * x * x - u) % P or (x == 0 and sign): return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

def _times(scalar, point):
    def add(one, two):
        a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
        c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return e * f % P, g * h % P, f * g % P, e * h % P

    result = (0, 1, 1, 0)
    while scalar:
        result = add(result, point) if scalar & 1 else result
        point, scalar = add(point, point), scalar >> 1
    return result[0] % P == 0 and (result[1] - result[2]) % P == 0

def load_key(key, step):
    """Load a key of a trust root; returns it with its id."""
    try:
        if key["scheme"] == "ed25519":
            raw = bytes.fromhex(key["public"])
            point = _point(raw) if len(raw) == 32 and raw.hex() == key["public"] else None
            expect(point and not _times(8, point) and _times(L, point), step, "an Ed25519 key that must be refused")
            return Ed25519PublicKey.from_public_bytes(raw), digest(raw)
        expect(key["scheme"] == "ecdsa-sha2-nistp256", step, "a key of an unknown scheme")
        public = serialization.load_pem_public_key(key["public"].encode())
        expect(isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == "secp256r1", step, "not P-256")
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = public.public_bytes(serialization.Encoding.PEM, form).decode()
        expect(pem == key["public"], step, "a key in a second spelling")
        return public, digest(public.public_bytes(serialization.Encoding.DER, form))
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
        raise Wrong(step, f"a key can't be read: {error}") from error

def signed_by(public, signature, message):
    how = () if isinstance(public, Ed25519PublicKey) else (ec.ECDSA(hashes.SHA256()),)
    try:
        public.verify(signature, message, *how)
    except InvalidSignature:
        return False
    return True

# --- Entries: DSSE envelopes around in-toto statements ---------------------------------------------------------------
class Entry:
    def __init__(self, leaf, step=4):
        expect(len(leaf) <= MAX_LEAF, step, "an entry over the limit")
        read = parse(leaf, step)
        expect(isinstance(read, dict) and set(read) == {"payload", "payloadType", "signatures"}, step, "no envelope")
        listed = read["signatures"]
        expect(read["payloadType"] == PAYLOAD_TYPE, step, "an envelope of another payload type")
        expect(isinstance(listed, list) and 1 <= len(listed) <= MAX_SIGNATURES, step, "1 to 16 signatures are needed")
        expect(all(isinstance(one, dict) and set(one) == {"keyid", "sig"} for one in listed), step, "no signature")
        ids = [one["keyid"] for one in listed]
        expect(all(isinstance(one, str) for one in ids) and ids == sorted(set(ids)), step, "signatures not in order")
        expect(canonical(read) == leaf, step, "an envelope in a second spelling")
        self.leaf = leaf
        self.payload = unbase64(read["payload"], step)
        self.signatures = [(one["keyid"], unbase64(one["sig"], step)) for one in listed]
        self.message = b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(self.payload), self.payload)
        self.hash = hashlib.sha256(b"\x00" + leaf).digest()
    def statement(self):
        """Read the payload's frame (step 7); only after its signatures were verified."""
        read = parse(self.payload, 7)
        expect(isinstance(read, dict) and read.get("_type") == STATEMENT, 7, "not an in-toto Statement v1")
        expect(set(read) == {"_type", "subject", "predicateType", "predicate"}, 7, "a statement with unknown fields")
        kind = re.fullmatch(r"urn:govern:([a-z-]+)/v1", str(read["predicateType"]))
        expect(kind and kind[1] in KINDS, 7, "an unknown predicate type")
        expect(re.fullmatch(SUBJECTS, json.dumps(read["subject"], sort_keys=True)), 7, "1 to 64 subjects, each with its SHA-256")
        predicate = read["predicate"] if isinstance(read["predicate"], dict) else {}
        header = [predicate.get(name, 0) for name in ("log", "producer", "time", "seen")]
        whole = re.fullmatch(HEADER, json.dumps(header, sort_keys=True))
        expect(whole and is_moment(predicate["time"]), 7, "a statement without a whole header")
        return kind[1], predicate

DIGEST = r"sha256:[0-9a-f]{64}"
MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
# How `json.dumps` writes subjects, and log, producer, time and seen, where they are what they have to be.
SUBJECTS = r'\[({"digest": {"sha256": "[0-9a-f]{64}"}, "name": "(?:[^"\\]|\\.)*"}(, (?!\])|(?=\]))){1,64}\]'
HEADER = rf'\["(?:[^"\\]|\\.)*", {{"prev": (null|"{DIGEST}"), "seq": [0-9]+}}, "{MOMENT}", (null|{{"root": "{DIGEST}", "size": [0-9]+}})\]'
SIGNS = {
    "root": {"trust-root", "redaction", "recovery"}, "recorder": {"system", "dataset", "run", "model"},
    "evaluator": {"evidence", "decision", "observation", "finding"}, "policy": {"policy", "binding"},
    "validator": {"review", "waiver", "finding"}, "approver": {"review", "waiver", "finding"},
    "operator": {"promotion", "deployment", "rollback", "retirement"}, "auditor": {"export", "anchor"},
    "emergency": {"rollback"}, "log": set(), "witness": set(),
}
KINDS = set().union(*SIGNS.values())
PEOPLE = {"root", "validator", "approver"}
APART = [("evaluator", "policy"), ("log", "approver"), ("log", "validator")]

# --- Trust roots (steps 1, 4, 5) -------------------------------------------------------------------------------------
class Root:
    """One version of the trust root, checked by itself."""
    def __init__(self, fact, step=1):
        check_shape(fact, {"version": "int", "origin": "str", "expires": "str", "keys": "dict", "roles": "dict"}, {"reason": "str"}, step)
        self.version, self.origin, self.expires, self.keys, self.listed = fact["version"], fact["origin"], fact["expires"], {}, {}
        expect(self.version >= 1 and is_moment(self.expires), step, "a trust root without version or expiry")
        for keyid, key in fact["keys"].items():
            check_shape(key, dict.fromkeys(("scheme", "public", "holder"), "str"), {"void_from": "int NoneType", "void_reason": "str"}, step)
            self.listed[keyid] = {"void_from": None, "void_reason": "", **key}
            self.keys[keyid], actual = load_key(key, step)
            expect(actual == keyid and key["holder"], step, "a key under an id that is not its own, or of nobody")
            expect((key.get("void_from") or 0) >= 0, step, "a key void from no index")
        for role in fact["roles"].values():
            check_shape(role, {"keyids": "list"}, {"threshold": "int"}, step)
            expect(all(type(one) is str for one in role["keyids"]), step, "a role of what are no keys")
        self.roles = {name: (role["keyids"], role.get("threshold", 1)) for name, role in fact["roles"].items()}
        for name, (ids, threshold) in self.roles.items():
            expect(name in SIGNS and len(set(ids)) == len(ids) and set(ids) <= set(self.keys), step, f"role {name}")
            expect(not ids or 1 <= threshold <= self.count(name, ids), step, f"the threshold of {name} can't be reached")
        expect(self.ids("root") and self.ids("log"), step, "nobody in the role root or log")
        expect(all(self.listed[one]["scheme"] == "ed25519" for one in self.ids("log")), step, "a log key of another kind")
        for one, two in APART:
            expect(not set(self.ids(one)) & set(self.ids(two)), step, f"one key is both {one} and {two}")
        roles = {name: {"keyids": ids, "threshold": threshold} for name, (ids, threshold) in self.roles.items()}
        self.fact = canonical({"reason": "", **fact, "keys": self.listed, "roles": roles})
    def ids(self, role): return self.roles.get(role, ([], 1))[0]
    def count(self, role, ids):
        """Count distinct keys, and distinct holders in the roles that mean people."""
        publics, holders = ({self.listed[one][what] for one in ids} for what in ("public", "holder"))
        return min(len(publics), len(holders)) if role in PEOPLE else len(publics)
    def void(self, keyid, index):
        return self.listed[keyid]["void_from"] is not None and self.listed[keyid]["void_from"] <= index
    def check_threshold(self, signers, index):
        good = [one for one in self.ids("root") if one in signers and not self.void(one, index)]
        expect(self.count("root", good) >= self.roles["root"][1], 1, f"entry {index} lacks root signatures of {self.version}")

def check_shape(value, must, may, step):
    """Check that an object has the fields that it must have, perhaps those that it may, no other, and each of its type."""
    expect(isinstance(value, dict) and set(must) <= set(value) <= {*must, *may}, step, "an object with other fields")
    good = all(type(one).__name__ in {**must, **may}[name].split() for name, one in value.items())
    expect(good, step, "a field of another type")

def is_moment(text):
    try:
        return bool(re.fullmatch(MOMENT, text) and dt.datetime.fromisoformat(text[:-1]))
    except ValueError:
        return False

def root_of(predicate):
    return Root({name: one for name, one in predicate.items() if name not in {"log", "producer", "time", "seen"}})

def check_signatures(entry, index, root, also=None, step=4):
    """Verify every signature of an entry (step 4) and return the key ids."""
    for keyid, signature in entry.signatures:
        where = root if keyid in root.keys else also
        expect(where is not None and keyid in where.keys, step, f"entry {index} is signed by a key the trust root lacks")
        expect(signed_by(where.keys[keyid], signature, entry.message), step, f"entry {index}: a signature does not fit")
    return [keyid for keyid, _ in entry.signatures]

def check_chain(entries, origin):
    """Check the trust roots among (index, entry) pairs, oldest first (step 1); returns (index, Root) pairs."""
    chain, known = [], {}
    for index, entry in entries:
        kind, fact = entry.statement()
        expect(kind == "trust-root" and fact.get("log") == origin, 1, f"entry {index} is no trust root of this ledger")
        new = root_of(fact)
        old = chain[-1][1] if chain else new
        signers = check_signatures(entry, index, old, also=new, step=1)
        expect(new.origin == origin, 1, "a trust root of another ledger")
        if not chain: expect(index == 0 and new.version == 1, 1, "the first trust root is not version 1 at entry 0")
        else:
            expect(new.version == old.version + 1, 1, "versions of the trust root step by one")
            for keyid in set(known) & set(new.listed):  # also a key that was left out for a while
                before, after = known[keyid], new.listed[keyid]
                was, now = before["void_from"], after["void_from"]
                good = before["holder"] == after["holder"] and (was is None or (now is not None and now <= was))
                expect(good, 1, "a key changed hands, or its revocation was taken back")
            old.check_threshold(signers, index)
        new.check_threshold(signers, index)
        known.update(new.listed)
        chain.append((index, new))
    expect(chain, 1, "there is no trust root")
    return chain

def in_force(chain, index): return next((root for begins, root in reversed(chain) if begins < index), chain[0][1])

def check_entry(entry, index, chain, origin):
    """Check signatures, statement and role of one entry (steps 4, 7, 5)."""
    root = in_force(chain, index)
    brought = next((new for begins, new in chain if begins == index), None)
    signers = check_signatures(entry, index, root, also=brought)
    kind, predicate = entry.statement()
    expect(predicate.get("log") == origin, 7, f"entry {index} was signed for another ledger")
    for keyid in signers:
        expect(keyid not in root.keys or not root.void(keyid, index), 5, f"entry {index} is signed with a revoked key")
    free = [kind, predicate.get("action")] in [["waiver", "propose"], ["review", "comment"]]
    allowed = kind == "trust-root" and brought is not None and root_of(predicate).fact == brought.fact
    for role, (ids, threshold) in root.roles.items() if kind != "trust-root" else ():
        good = [one for one in signers if one in ids]
        may = kind in SIGNS[role] or (free and role not in {"log", "witness"})
        allowed = allowed or (may and bool(good) and root.count(role, good) >= threshold)
    expect(allowed, 5, f"entry {index} states a {kind}, which its signer may not")
    expect(kind == "trust-root" or predicate["time"] <= root.expires, 5, f"entry {index} was made under an expired trust root")
    return kind, predicate, signers

# --- Tree and checkpoint (steps 2, 3) --------------------------------------------------------------------------------
def node(left, right): return hashlib.sha256(b"\x01" + left + right).digest()

def check_inclusion(index, size, leaf, path, root):
    expect(0 <= index < size and all(len(one) == 32 for one in path), 2, f"entry {index} has no proof")
    number, last, folded = index, size - 1, leaf
    for sibling in path:
        expect(last, 2, f"the proof of entry {index} is too long")
        if number & 1 or number == last:
            folded = node(sibling, folded)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            folded = node(folded, sibling)
        number, last = number >> 1, last >> 1
    expect(not last and folded == root, 2, f"entry {index} is not in the tree of the checkpoint")

def read_checkpoint(data):
    """Read a signed note's checkpoint without believing it: (origin, size, root, text, signatures)."""
    note, line = data.decode("utf-8", "replace"), r"[^\x00-\x1f]+\n"
    form = rf"((.+)\n(0|[1-9][0-9]{{0,19}})\n(.+)\n(?:{line})*)\n((?:— [^\s+]+ [A-Za-z0-9+/=]+\n){{1,100}})"
    match = re.fullmatch(form, note)
    expect(match and note.encode() == data and re.fullmatch(rf"(?:{line}|\n)+", note), 3, "the checkpoint is no signed note")
    text, origin, size, root, lines = match.groups()
    expect(int(size) < 2**64 and len(data) <= 1 << 20, 3, "the checkpoint is too large")
    root, signatures = unbase64(root, 3), []
    for name, encoded in (one[2:].split(" ") for one in lines[:-1].split("\n")):
        raw = unbase64(encoded, 3)
        expect(len(raw) > 4, 3, "a signature of the checkpoint without bytes")
        signatures.append((name, raw[:4], raw[4:]))
    expect(len(root) == 32, 3, "the checkpoint's root is no hash")
    return origin, int(size), root, text, signatures

def check_checkpoint(read, trust):
    """Check the signature of the log's own key (step 3)."""
    origin, size, _, text, signatures = read
    expect(origin == trust.origin, 3, "the checkpoint is of another ledger")
    good = False
    for keyid in [one for one in trust.ids("log") if not trust.void(one, size)]:
        raw = bytes.fromhex(trust.listed[keyid]["public"])
        hint = hashlib.sha256(origin.encode() + b"\n\x01" + raw).digest()[:4]
        for name, given, signature in signatures:
            if (name, given) == (origin, hint):
                expect(signed_by(trust.keys[keyid], signature, text.encode()), 3, "the checkpoint's signature is wrong")
                good = True
    expect(good, 3, "the checkpoint is not signed by the log's key")

# --- What was given from outside, and what is verified against it ------------------------------------------------------
def read_trust(data):
    """Read the trust root given from outside: (Root, its entry or None)."""
    try:
        entry = Entry(data.strip()) if b'"payloadType"' in data else None
        return root_of(entry.statement()[1]) if entry else Root(parse(data, 1)), entry
    except Wrong as error:
        raise Unchecked(f"the trust root that was given can't be used: {error}") from error

def verify_bundle(files, trust, trust_entry):
    """Verify entries, proofs, checkpoint and trust roots of a pack; returns sentences on what was proved."""
    leaves = [line for line in files["entries.jsonl"].split(b"\n") if line]
    claims = [parse(line, 2) for line in files["proofs.jsonl"].split(b"\n") if line]
    expect(len(leaves) == len(claims), 2, f"{len(leaves)} entries, but {len(claims)} proofs")
    head = read_checkpoint(files["checkpoint.txt"])
    size, root = head[1], head[2]
    entries, last = [], -1
    for leaf, claim in zip(leaves, claims):
        expect(isinstance(claim, dict) and set(claim) == {"index", "leaf", "hashes"}, 2, "a proof can't be read")
        index, path = claim["index"], claim["hashes"]
        expect(type(index) is int and index > last and isinstance(path, list), 2, "proofs are not in order")
        last = index
        entry = Entry(leaf)
        expect(claim["leaf"] == "sha256:" + entry.hash.hex(), 2, f"entry {index} is not the one that was proved")
        check_inclusion(index, size, entry.hash, [unbase64(one, 2) for one in path], root)
        entries.append((index, entry))
    places = {entry.leaf: index for index, entry in entries}
    listed = parse(files["trust-root.json"], 1)
    expect(isinstance(listed, list), 1, "the list of trust roots can't be read")
    listed = [canonical(one) for one in listed]
    if not all(leaf in places for leaf in listed): raise Unchecked("a trust root is not among the entries of the pack")
    listed = [(places[leaf], Entry(leaf)) for leaf in listed]
    chain = check_chain(listed, trust.origin)
    if trust.version not in [one.version for _, one in chain]:
        newest = chain[-1][1].version
        if trust.version > newest + 1 or trust_entry is None:
            raise Unchecked(f"your trust root is version {trust.version}; the pack was made under {newest}: give that one")
        check_chain([*listed, (size, trust_entry)], trust.origin)  # yours has to continue what the pack holds
    same = all(one.version != trust.version or one.fact == trust.fact for _, one in chain)
    expect(same, 1, f"version {trust.version} of the trust root is not the one you gave")
    check_checkpoint(head, in_force(chain, size))
    counters = {}
    for index, entry in entries:
        _, predicate, signers = check_entry(entry, index, chain, trust.origin)
        if len(entries) == size:
            check_counter(index, entry, predicate["producer"], signers, counters)
    return size - len(entries), [
        f"ledger {trust.origin}, {size} entries, root {root.hex()}; all of them are here: nothing was left out",
        f"{len(entries)} entries verified under trust roots 1 to {chain[-1][1].version}; yours is version {trust.version}",
    ]

def check_counter(index, entry, producer, signers, counters):
    for keyid in signers:
        seq, prev = counters.get(keyid, (-1, None))
        if (producer["seq"], producer["prev"]) == (seq + 1, prev):
            counters[keyid] = (producer["seq"], "sha256:" + entry.hash.hex())
            return
    raise Wrong(6, f"entry {index}: an entry of the same key is missing before it")

def verify_pack(pdf, trust, trust_entry):
    """Verify a pack: its ledger part, its manifest, and that every recorded object is one that was signed."""
    files = attachments(pdf)
    missing = {"entries.jsonl", "proofs.jsonl", "checkpoint.txt", "trust-root.json", "manifest.json"} - set(files)
    if missing: raise Unchecked(f"not attached: {', '.join(sorted(missing))}")
    left, said = verify_bundle(files, trust, trust_entry)
    if left: raise Unchecked(f"{left} entries are not in the pack: what they say is not known; {said[1]}")
    manifest = parse(files["manifest.json"], 0)
    actual = {name: (digest(data), len(data)) for name, data in files.items() if name != "manifest.json"}
    try:
        listed = {one["name"]: (one["sha256"].replace("sha256:", ""), one["size"]) for one in manifest["files"]}
        other = sorted({name for name, _ in listed.items() ^ actual.items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise Wrong(0, "the manifest can't be read") from error
    expect(not other and len(listed) == len(manifest["files"]), 0, f"not what the manifest says: {', '.join(other[:3])}")
    said.append(f"{len(actual)} attachments are what the manifest says")
    payloads = b"\n".join(Entry(line).payload for line in files["entries.jsonl"].split(b"\n") if line)
    signed = set(re.findall(rb"[0-9a-f]{64}", payloads))
    objects = [name for name in files if name.split("/")[0] in {"evidence", "decisions", "policies", "bindings"}]
    for name in objects:
        expect(digest(files[name]).encode() in signed, 0, f"the attachment {name} is not what any signed entry names")
    return [*said, f"{len(objects)} recorded objects are the ones that signed entries name"]

def verify_proof(leaf, proof, trust):
    """Verify one entry by its C2SP tlog-proof; it is judged by the trust root given, whichever version that is."""
    head, _, note = proof.decode("utf-8", "replace").partition("\n\n")
    form = r"c2sp\.org/tlog-proof@v1\n(?:extra (.+)\n)?index (0|[1-9][0-9]{0,19})((?:\n[^\n]+){0,64})"
    match = re.fullmatch(form, head)
    expect(match and f"{head}\n\n{note}".encode() == proof, 2, "not a tlog-proof")
    index, path, _ = int(match[2]), [unbase64(line, 2) for line in match[3].split("\n")[1:]], unbase64(match[1] or "AA==", 2)
    entry, read = Entry(leaf.rstrip(b"\n")), read_checkpoint(note.encode())
    check_inclusion(index, read[1], entry.hash, path, read[2])
    check_checkpoint(read, trust)
    chain = [(index if entry.statement()[0] == "trust-root" else -1, trust)]
    kind, predicate, _ = check_entry(entry, index, chain, trust.origin)
    return [f"entry {index} of {trust.origin} states a {kind}, claimed at {predicate['time']}, in a tree of {read[1]}"]

# --- PDF: just enough of ISO 32000 to reach the attached files, in the form in which packs are written --------------------
TOKEN = re.compile(rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])*(<<|>>|[\[\]<(]|/[^\0\t\n\f\r ()<>\[\]{}/%]*|[^\0\t\n\f\r ()<>\[\]{}/%]+)")
REF = re.compile(rb"[\0\t\n\f\r ]+([0-9]+)[\0\t\n\f\r ]+R(?![A-Za-z0-9])")
PART, ROW = re.compile(rb"\s*([0-9]+) ([0-9]+)\s+"), re.compile(rb"([0-9]{10}) [0-9]{5} ([nf])\s{1,2}")
TEXT = re.compile(rb"((?:[^()\\]|\\.)*)\)", re.DOTALL)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

class Ref(tuple):
    """A reference to an indirect object: (number, generation)."""

class Pdf:
    """A PDF's objects, found as viewers find them: through its chain of cross-reference tables and streams."""
    def __init__(self, data):
        self.data, self.places, self.trailer, self.cache = data, {}, {}, {}
        start = re.search(rb"startxref\s+([0-9]+)\s+%%EOF\s*$", data[-1100:])
        expect(start, 0, "the PDF is cut short: its end is missing")
        offset, seen = int(start[1]), set()
        while offset is not None and offset not in seen:
            seen.add(offset)
            trailer, places = self.references(offset)
            if "/XRefStm" in trailer: raise Unchecked("the PDF has a table and a stream of cross references side by side: readers differ on those")
            self.places = {**places, **self.places}
            self.trailer, offset = {**trailer, **self.trailer}, trailer.get("/Prev")
        expect("/Encrypt" not in self.trailer, 0, "the PDF is protected with a password, which no pack is: ask for the file as it was exported")
    def references(self, offset):
        """Read one cross-reference table or stream: its trailer, and where its objects are (None: nowhere)."""
        found, table = {}, re.compile(rb"\s*xref\s+").match(self.data, offset)
        if table:
            at = table.end()
            while part := PART.match(self.data, at):
                at = part.end()
                for number in range(int(part[1]), int(part[1]) + int(part[2])):
                    row = ROW.match(self.data, at)
                    expect(row, 0, "the PDF's cross references are damaged")
                    found[number], at = (1, int(row[1])) if row[2] == b"n" else None, row.end()
            expect(self.data[at : at + 7] == b"trailer", 0, "the PDF's cross references are damaged")
            attributes = self.value(at + 7, self.data)[0]
        else:
            attributes, rows = self.at(offset)
            expect(rows is not None and attributes.get("/Type") == "/XRef", 0, "the PDF has no cross references")
            one, two, three = attributes["/W"]
            index, at = attributes.get("/Index", [0, attributes["/Size"]]), 0
            expect(0 < one + two + three < 32, 0, "the PDF's cross references are damaged")
            for first, count in zip(index[::2], index[1::2]):
                for number in range(first, first + min(count, len(rows))):
                    row, at = rows[at : at + one + two + three], at + one + two + three
                    kind = int.from_bytes(row[:one], "big") if one else 1
                    place = int.from_bytes(row[one : one + two], "big")
                    found[number] = (kind, place) if kind in {1, 2} else None
        return attributes, found
    def value(self, at, data, depth=0):
        """Read one value; returns it and where it ends. Names keep their slash."""
        match = TOKEN.match(data, at)
        expect(match and depth < 64, 0, "the PDF is damaged")
        word, at = match[1], match.end()
        if word in {b"<<", b"["}:
            items, end = [], b">>" if word == b"<<" else b"]"
            while True:
                match = TOKEN.match(data, at)
                if match and match[1] == end: return (dict(zip(items[::2], items[1::2])) if word == b"<<" else items), match.end()
                item, at = self.value(at, data, depth + 1)
                items.append(item)
        if word == b"<":
            end = data.index(b">", at)
            return bytes.fromhex(data[at:end].decode()), end + 1
        if word == b"(":
            match = TEXT.match(data, at)
            expect(match, 0, "the PDF holds a text in a form that this file can't read")
            plain = lambda m: bytes([int(m[1], 8) & 255]) if m[1].isdigit() else ESCAPES.get(m[1], m[1])
            return re.sub(rb"\\([0-7]{1,3}|.)", plain, match[1], flags=re.DOTALL), match.end()
        ref = REF.match(data, at)
        if word.isdigit() and ref: return Ref((int(word), int(ref[1]))), ref.end()
        text = word.decode("latin-1")
        return int(text) if re.fullmatch("[+-]?[0-9]+", text) else text, at
    def at(self, offset, number=None):
        head = re.compile(rb"\s*([0-9]+)\s+[0-9]+\s+obj").match(self.data, offset)
        expect(head and number in {None, int(head[1])}, 0, "an object of the PDF is not where it should be")
        value, at = self.value(head.end(), self.data)
        start = re.compile(rb"\s*stream(\r\n|\n)").match(self.data, at)
        if not isinstance(value, dict) or not start: return value, None
        length = self.get(value.get("/Length"))
        data, how = self.data[start.end() : start.end() + length], self.get(value.get("/Filter"))
        if how in ("/FlateDecode", ["/FlateDecode"]):
            inflate = zlib.decompressobj()
            data = inflate.decompress(data, MAX_OBJECT)
            expect(inflate.eof, 0, "a stream of the PDF is too large or cut off")
        else:
            expect(how in (None, []), 0, "a stream in a form that this file can't read")
        parameters = self.get(value.get("/DecodeParms")) or {}
        return value, _up(data, parameters.get("/Columns", 1)) if parameters.get("/Predictor", 1) > 1 else data
    def get(self, value):
        for _ in range(32):
            if not isinstance(value, Ref): return value
            value = self.load(value)[0]
        raise Wrong(0, "references of the PDF go round in circles")
    def load(self, ref):
        if ref[0] not in self.cache:
            kind, place = self.places.get(ref[0]) or (0, 0)
            self.cache[ref[0]] = (None, None)
            if kind:
                self.cache[ref[0]] = self.at(place, ref[0]) if kind == 1 else (self.packed(place, ref[0]), None)
        return self.cache[ref[0]]
    def packed(self, container, number):
        attributes, data = self.load((container, 0))
        first = self.get(attributes["/First"])
        numbers = [int(one) for one in data[:first].split()]
        return self.value(first + dict(zip(numbers[::2], numbers[1::2]))[number], data)[0]

def _up(data, columns):
    """Undo PNG's prediction from the row above (ISO 32000-1, 7.4.4.4)."""
    expect(0 < columns < 1 << 16 and len(data) < 1 << 24, 0, "a prediction that this file can't undo")
    out, above = bytearray(), bytes(columns)
    for at in range(0, len(data), columns + 1):
        row = data[at + 1 : at + 1 + columns]
        expect(data[at] in {0, 2} and len(row) == columns, 0, "a prediction that this file can't undo")
        above = bytes((one + two) & 255 for one, two in zip(row, above)) if data[at] else row
        out += above
    return bytes(out)

def attachments(data):
    """Return the files attached to a PDF by name; a name that stands twice is refused."""
    if not data.startswith(b"%PDF-") or len(data) > MAX_PACK: raise Unchecked("this is no PDF, or it is too large")
    try:
        pdf, found, branches, room = Pdf(data), {}, 0, 4 * MAX_OBJECT
        waiting = [pdf.get((pdf.get(pdf.get(pdf.trailer["/Root"]).get("/Names")) or {}).get("/EmbeddedFiles")) or {}]
        while waiting:
            branch, branches = pdf.get(waiting.pop()), branches + 1
            expect(branches < 10_000, 0, "the list of attachments has no end")
            waiting += pdf.get(branch.get("/Kids")) or []
            for spec in (pdf.get(branch.get("/Names")) or [])[1::2]:
                spec = pdf.get(spec)
                raw = pdf.get(spec.get("/UF") or spec["/F"])
                name = raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")
                expect(name not in found, 0, f"the attachment {name} is there twice")
                found[name] = pdf.load(pdf.get(spec["/EF"])["/F"])[1]
                expect(found[name] is not None, 0, f"the attachment {name} is no file")
                expect((room := room - len(found[name])) >= 0, 0, "the attachments are too large")
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError, zlib.error) as error:
        raise Wrong(0, f"the PDF can't be read: {error}") from error
    return found

def read_file(path):
    try:
        with open(path, "rb") as file: return file.read(MAX_PACK + 1)
    except OSError as error:
        raise Unchecked(f"{path} can't be read: {error.strerror}") from error

def plain(text):
    """Let no name in a file paint the terminal, or write a verdict of its own below the true one."""
    return "".join(one if one.isprintable() else "?" for one in str(text))

def main(arguments):
    if len(arguments) not in {3, 4} or arguments[0] != "--trust":
        print(__doc__)
        return 2
    try:
        trust, trust_entry = read_trust(read_file(arguments[1]))
        given = [read_file(path) for path in arguments[2:]]
        said = verify_proof(*given, trust) if given[1:] else verify_pack(*given, trust, trust_entry)
    except Wrong as error:
        print(f"WRONG: {plain(error)}")
        return 1
    except Unchecked as error:
        print(f"COULD NOT BE CHECKED: {plain(error)}")
        return 4
    print("\n".join(["VERIFIED", *map(plain, said), "not checked here: what each statement says beyond its frame, and how policy was applied"]))
    return 0

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
