"""A small ledger of fixed keys, with a second trust root, and the pack of it."""

import hashlib
import json

import pytest
from ledger.kit_ledger import Kit, model, review, signer
from ledger.kit_portable import bundle

from govern.canonical.statement import fact_digest
from govern.domain.statement import Draft, Subject
from govern.trust import changes, enrolment


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    kit = Kit.make(tmp_path_factory.mktemp("portable"), seeded=True)
    kit.append(model(1), model(2))
    kit.append(review(1), by="reviewer")
    second = changes.enrolled(kit.root, enrolment.ask(kit.origin, signer("more", 77)), ["approver"])
    draft = Draft(subjects=(Subject(name="trust-root@2", digest=fact_digest(second)),), fact=second)
    kit.append(draft, by="root")
    kit.append(model(3))
    yield kit
    kit.ledger.close()


@pytest.fixture(scope="module")
def files(kit):
    return bundle(kit)


@pytest.fixture(scope="module")
def pack(files):
    manifest = {
        "schema": "govern/manifest/v1",
        "files": [
            {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in sorted(files.items())
        ],
    }
    return {**files, "manifest.json": json.dumps(manifest).encode()}
