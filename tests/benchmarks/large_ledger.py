"""A whole workspace of any size, every entry signed and appended: `python tests/benchmarks/large_ledger.py FOLDER [ENTRIES]`.

1,000 systems with 10,000 models (fewer in a small one), then windows of monitoring without end: the very entries that
`bench_lineage.py` folds. Keys, trusted checkpoints and read tables lie in FOLDER/home:

    GOVERN_HOME=FOLDER/home govern --workspace FOLDER status

The documents of the gates and of the last windows are in it; of the others it has only what the ledger says.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1]), str(HERE.parent)]

from bench_lineage import Watched  # noqa: E402
from lineage.book import ONE, ROLES, START, Book, digest, root_fact  # noqa: E402

from govern.canonical.values import object_bytes  # noqa: E402
from govern.domain.decision import Decision, Outcome, Score  # noqa: E402
from govern.domain.evidence import Evidence  # noqa: E402
from govern.domain.facts import (  # noqa: E402
    BindingFact,
    DecisionFact,
    EvidenceFact,
    Input,
    ObservationFact,
    PolicyFact,
    Role,
    TrustedKey,
)
from govern.domain.statement import Draft, Entry  # noqa: E402
from govern.domain.text import Digest, digest_of  # noqa: E402
from govern.store.ledger import Ledger  # noqa: E402
from govern.store.objects import ObjectFolder  # noqa: E402
from govern.trust.home import Home  # noqa: E402
from govern.trust.keyring import Keyring  # noqa: E402
from govern.workflow.place.config import template  # noqa: E402

ORIGIN = "ledger.example/large"
STEP = timedelta(seconds=20)
"""Between two entries of monitoring: a million of them are over before 2026 is."""
BATCH = 1000
DOCUMENTED = 95_000
"""How many of the last entries have their documents, two small files for three entries: a status reads the last 30 windows of each of
1,000 deployments."""


PACK = HERE.parents[2] / "policies/govern_policies/packs/baseline"


class Governed(Book):
    """A book under the policy that is shipped, with the documents that gates leave."""

    def __init__(self) -> None:
        self.documents: list[bytes] = [(PACK / name).read_bytes() for name in ("policy.yaml", "binding.yaml")]
        super().__init__()

    def keep(self, document: object) -> Digest:
        """Keep a document and return its digest."""
        self.documents.append(object_bytes(document))
        return digest_of(self.documents[-1])

    def evidence(self, model: Digest, what: str = "test", **_: object) -> Digest:
        """Measure nothing on so many rows as there are entries: every document is another one."""
        own = self.keep(Evidence(rows=len(self.entries)))
        fact = EvidenceFact(
            evidence=own, system=self.state.models[model].fact.system, data=Input(name=what, digest=digest(what)),
            measures=("impact_ratio@1",), collected=self.now, purpose="gate", environment={}, command={},
        )
        self.add(fact, by="pipeline", subject=("model", model))
        return own

    def decide(self, model: Digest, gate: str = "promote:production", **_: object) -> Entry:
        """Allow, by no rule at all."""
        state, evidence, now = self.state, (self.evidence(model),), self.now
        fact = DecisionFact(
            gate=gate, system=state.models[model].fact.system, outcome="allow", as_of=now, decision=digest(""), evidence=evidence,
            policies=tuple(one.digest for one in state.policies.values()),
            bindings=tuple(one.digest for one in state.bindings.values()), waivers=(), statuses={}, approvals=ONE,
        )
        return self.add(replace(fact, decision=self.decided(fact, model)), by="pipeline", subject=("model", model))

    def decided(self, fact: DecisionFact, model: Digest) -> Digest:
        """Keep the document of a decision that rests on no rule."""
        nothing = Score(passed=0, total=0)
        return self.keep(
            Decision(
                gate=fact.gate, subject=model, subject_name="model", system=fact.system, as_of=fact.as_of, rules=(),
                outcome=Outcome.ALLOW, policies=fact.policies, bindings=fact.bindings, evidence=fact.evidence,
                approvals=fact.approvals, before_waivers=nothing, after_waivers=nothing, engine="large_ledger",
            )
        )

    def policy(self, version: str = "1.0.0", **_: object) -> Digest:
        """Install the policy."""
        own = digest_of((PACK / "policy.yaml").read_bytes())
        self.add(PolicyFact(name="baseline", version=version, pack="baseline"), by="owner", subject=(f"policy/baseline@{version}", own))
        return own

    def binding(self, policy: Digest, version: str = "1.0.0", **_: object) -> Digest:
        """Install its binding."""
        own = digest_of((PACK / "binding.yaml").read_bytes())
        gates = ("promote:staging", "promote:production", "deploy", "monitor")
        fact = BindingFact(name="baseline", version=version, policy=policy, gates=gates)
        self.add(fact, by="owner", subject=("binding/baseline", own))
        return own


class Documented(Watched):
    """Windows, the last of them with their documents."""

    def __init__(self, book: Governed, entries: int) -> None:
        super().__init__(book, STEP)
        self.book = book
        self.size = entries

    def entry(self, index: int) -> Entry:
        """One entry."""
        entry, begin = super().entry(index), len(self.setup)
        if index < max(begin, self.size - DOCUMENTED):
            return entry
        base = begin + (index - begin) // 3 * 3
        judged = super().entry(base + 1)
        model, fact = judged.statement.subjects[0].digest, judged.fact
        assert isinstance(fact, DecisionFact)
        evidence = self.book.keep(Evidence(rows=base))
        fact = replace(fact, evidence=(evidence,), statuses={})
        fact = replace(fact, decision=self.book.decided(fact, model))
        said = {EvidenceFact: {"evidence": evidence}, ObservationFact: {"evidence": evidence, "decision": fact.decision}}
        stated = fact if index == base + 1 else replace(entry.fact, **said[type(entry.fact)])
        return replace(entry, statement=replace(entry.statement, fact=stated))


def make(folder: Path, entries: int, *, batch: int = BATCH) -> tuple[Ledger, float]:
    """Make the workspace; returns its ledger and the seconds that appending took."""
    home = Home.at(folder / "home")
    keyring = Keyring(home.keys)
    people = {**ROLES, "log": ("log",), "auditor": ("auditor",)}
    for name in people:
        keyring.create(name, holder=name, unattended=True)
    signers = {name: keyring.signer(name, lambda _: "") for name in people}
    ids = {name: one.keyid for name, one in signers.items()}
    names = {role for held in people.values() for role in held}
    root = replace(
        root_fact(), origin=ORIGIN, reason="first trust root",
        keys={one.keyid: TrustedKey(scheme=one.public.scheme, public=one.public.public, holder=name) for name, one in signers.items()},
        roles={role: Role(keyids=tuple(sorted(ids[name] for name, held in people.items() if role in held))) for role in names},
    )
    place = folder / ".govern"
    (place / "objects").mkdir(parents=True)
    text = template(ORIGIN, "sqlite:///ledger.db", "reviewer").replace('policy = "policy-owner"', 'policy = "owner"')
    (place / "config.toml").write_text(text, encoding="utf-8")
    trusted = home.checkpoints(ORIGIN)
    ledger = Ledger.create(
        f"sqlite:///{place}/ledger.db", origin=ORIGIN, root=root, root_signers=[signers["root"]], log_signer=signers["log"],
        now=START, trusted=trusted,
    )
    book, objects = Governed(), ObjectFolder(place / "objects")
    watched = Documented(book, entries)
    took = 0.0
    for by, now, drafts in batches(watched, batch):
        begun = time.perf_counter()
        ledger.append(drafts, signers=[signers[by]], log_signer=signers["log"], now=now, trusted=trusted)
        took += time.perf_counter() - begun
    for document in book.documents:
        path = objects.path_of(digest_of(document))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(document)
    return ledger, took


def lent(folder: Path, home: Path) -> Path:
    """Copy a workspace's keys and checkpoints to another home, whose read tables are its own: a machine that never read it."""
    shutil.copytree(folder / "home", home, ignore=shutil.ignore_patterns("read-tables", "tui-state.json"))
    return home


def batches(watched: Watched, most: int) -> Iterator[tuple[str, datetime, list[Draft]]]:
    """Group what follows the trust root by its signer, in batches of at most `most`."""
    for by, run in groupby(watched.entries(1), key=lambda entry: entry.signed_by[0].keyid):
        drafts: list[Draft] = []
        for entry in run:
            drafts.append(Draft(subjects=entry.statement.subjects, fact=entry.statement.fact))
            if len(drafts) == most:
                yield by, entry.time, drafts
                drafts = []
        if drafts:
            yield by, entry.time, drafts


def main() -> int:
    """Make one, and say how fast."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("entries", type=int, nargs="?", default=1_000_000)
    given = arguments.parse_args()
    ledger, took = make(given.folder, given.entries)
    with ledger:
        print(f"{ledger.size:,} entries in {given.folder}, appended in {took:.0f} s: {ledger.size / took:,.0f} a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
