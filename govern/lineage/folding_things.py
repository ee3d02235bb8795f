"""How entries that record things change a state: systems, data, runs, models, evidence, documents, trust roots."""

from collections.abc import Iterable
from dataclasses import replace

from govern.domain.facts import (
    AnchorFact,
    BindingFact,
    DatasetFact,
    EvidenceFact,
    ExportFact,
    Input,
    ModelFact,
    PolicyFact,
    RunFact,
    SystemFact,
    TrustRootFact,
)
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import CorruptStoreError
from govern.lineage.finding import judged
from govern.lineage.people import all_void, person, void_entries
from govern.lineage.records import (
    AnchorRecord,
    BindingRecord,
    DatasetRecord,
    Ending,
    EvidenceRecord,
    ExportRecord,
    LooseRecord,
    Mark,
    ModelRecord,
    PolicyRecord,
    Revocation,
    RootRecord,
    RunRecord,
    SystemRecord,
)
from govern.lineage.state import Key, State


def subject_of(entry: Entry) -> Digest:
    """The digest of the one thing that an entry is about."""
    if not entry.statement.subjects:
        message = f"entry #{entry.index} of kind {entry.kind} has no subject"
        raise CorruptStoreError(message, "Run `govern verify`; it names the step that finds this.")
    return entry.statement.subjects[0].digest


def marks_of(entry: Entry) -> tuple[Mark, ...]:
    """Who signed an entry."""
    return tuple(Mark(index=entry.index, keyid=one.keyid, holder=one.holder) for one in entry.signed_by)


def more_marks(old: tuple[Mark, ...], new: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Both, one a key: recording the same thing again adds only those who had not signed it."""
    known = {mark.keyid for mark in old}
    return old + tuple(mark for mark in new if mark.keyid not in known)


def link(state: State, child: Key, parents: Iterable[Key]) -> None:
    """Note what rests on what, for walking down; walking up reads the records."""
    for parent in dict.fromkeys(parents):
        if parent != child:
            state.series.append(("children", parent), child)


def name_loose(state: State, entry: Entry, kind: str, inputs: Iterable[Input | None]) -> None:
    """Remember names of things that have a digest and perhaps no entry of their own."""
    for one in inputs:
        if one is not None and one.digest not in state.loose:
            state.loose.put(one.digest, LooseRecord(kind=kind, name=one.name, digest=one.digest, index=entry.index))


def trust_root(state: State, entry: Entry) -> None:
    """A new version of the trust root: keys, holders, and keys declared void."""
    fact = entry.fact
    assert isinstance(fact, TrustRootFact)
    record = RootRecord(index=entry.index, time=entry.time, digest=subject_of(entry), marks=marks_of(entry), fact=fact)
    state.roots.put(entry.index, record)
    state.head = replace(state.head, roots=(*state.head.roots, entry.index))
    for keyid, key in fact.keys.items():
        _note_holder(state, keyid, key.holder)
        if key.void_from is None:
            continue
        known = state.revocations.get(keyid)
        if known is None or (key.void_from, key.void_reason) != (known.void_from, known.reason):
            # A later root may widen a revocation, never take it back: the smallest index stays.
            void_from = key.void_from if known is None else min(known.void_from, key.void_from)
            reason = key.void_reason if known is None or not known.compromised else known.reason
            revoked = Revocation(keyid=keyid, index=entry.index, void_from=void_from, reason=reason)
            state.revocations.put(keyid, revoked)
            _judge_again(state, keyid)


def _judge_again(state: State, keyid: str) -> None:
    """Work out anew what void signatures made lighter: a revocation counts for what was signed before it, too."""
    for index in tuple(void_entries(state, keyid)):
        kind, key = state.places.get(index) or ("", "")
        if kind == "finding":
            state.findings.put(str(key), judged(state, state.findings[str(key)]))
        elif kind == "dataset":
            dataset = state.datasets[Digest(str(key))]
            state.datasets.put(dataset.digest, replace(dataset, endings=_weighed(state, dataset.endings)))
        elif kind == "model":
            model = state.models[Digest(str(key))]
            state.models.put(model.digest, replace(model, endings=_weighed(state, model.endings)))


def _weighed(state: State, endings: tuple[Ending, ...]) -> tuple[Ending, ...]:
    """Endings as they count: `active` again does not, where only void keys say so."""
    return tuple(replace(one, void=one.word == "active" and all_void(state, one.marks)) for one in endings)


def _note_holder(state: State, keyid: str, holder: str) -> None:
    before = state.key_holders.get(keyid)
    state.key_holders.put(keyid, holder)
    if before is None or before == holder:
        return
    one, other = person(state, before), person(state, holder)
    if one != other:
        state.persons.put(max(one, other), min(one, other))


def system(state: State, entry: Entry) -> None:
    """A system, new or revised."""
    fact = entry.fact
    assert isinstance(fact, SystemFact)
    digest, marks = subject_of(entry), marks_of(entry)
    old = state.systems.get(fact.name)
    same = old is not None and old.digest == digest
    record = SystemRecord(
        index=entry.index if old is None else old.index,
        time=entry.time if old is None else old.time,
        digest=digest,
        marks=marks if old is None else more_marks(old.marks, marks),
        fact=fact,
        revised=old.revised if old is not None and same else entry.index,
        revision=more_marks(old.revision, marks) if old is not None and same else marks,
    )
    state.systems.put(fact.name, record)
    state.places.put(entry.index, ("system", f"system/{fact.name}"))


def _ending(entry: Entry, word: str, reason: str) -> Ending:
    return Ending(index=entry.index, time=entry.time, word=word, reason=reason, marks=marks_of(entry))


def dataset(state: State, entry: Entry) -> None:
    """A dataset, recorded, recorded again, or ended."""
    fact = entry.fact
    assert isinstance(fact, DatasetFact)
    digest = subject_of(entry)
    old = state.datasets.get(digest)
    ended = fact.state != "active" or (old is not None and old.state != "active")
    endings = (_ending(entry, fact.state, fact.reason),) if ended else ()
    # Who withdraws a dataset is not one of its makers.
    marks = marks_of(entry) if fact.state == "active" or old is None else ()
    if old is None:
        record = DatasetRecord(
            index=entry.index, time=entry.time, digest=digest, marks=marks, endings=endings, fact=fact,
            sources=fact.sources, grown=entry.index,
        )
        _supersede_namesakes(state, entry, fact)
        state.series.append(("dataset-line", fact.name), digest)
        state.series.append(("dataset-version", fact.name, fact.version), digest)
        new = fact.sources
    else:
        known = {source.digest for source in old.sources}
        new = tuple(source for source in fact.sources if source.digest not in known)
        record = replace(
            old, marks=more_marks(old.marks, marks), endings=_weighed(state, old.endings + endings), sources=old.sources + new,
            grown=entry.index if new else old.grown,
        )
    state.datasets.put(digest, record)
    state.places.put(entry.index, ("dataset", digest))
    name_loose(state, entry, "dataset", new)
    link(state, digest, [source.digest for source in new])


def _supersede_namesakes(state: State, entry: Entry, fact: DatasetFact) -> None:
    """Other bytes under the same name and version are a revision, whether or not somebody said so."""
    for key in state.series.of(("dataset-version", fact.name, fact.version)):
        other = state.datasets[Digest(str(key))]
        if other.state == "active":
            reason = f"recorded again with other contents in #{entry.index}"
            ending = _ending(entry, "superseded", reason)
            state.datasets.put(other.digest, replace(other, endings=(*other.endings, ending)))


def run(state: State, entry: Entry) -> None:
    """A run and what it read."""
    fact = entry.fact
    assert isinstance(fact, RunFact)
    digest = subject_of(entry)
    old = state.runs.get(digest)
    marks = marks_of(entry)
    record = RunRecord(index=entry.index, time=entry.time, digest=digest, marks=marks, fact=fact, grown=entry.index)
    state.runs.put(digest, record if old is None else replace(old, marks=more_marks(old.marks, marks)))
    state.places.put(entry.index, ("run", digest))
    if old is None:
        name_loose(state, entry, "dataset", fact.inputs)
        name_loose(state, entry, "code", (fact.code,))
        name_loose(state, entry, "environment", (fact.environment,))
        inputs = (*fact.inputs, fact.code, fact.environment)
        link(state, digest, [one.digest for one in inputs if one is not None])
        state.series.append(("runs", fact.name), digest)


def model(state: State, entry: Entry) -> None:
    """A model, recorded, recorded again, or ended."""
    fact = entry.fact
    assert isinstance(fact, ModelFact)
    digest = subject_of(entry)
    old = state.models.get(digest)
    ended = fact.state != "active" or (old is not None and old.state != "active")
    endings = (_ending(entry, fact.state, fact.reason),) if ended else ()
    marks = marks_of(entry) if fact.state == "active" or old is None else ()
    runs = () if fact.run is None else (fact.run,)
    parents: list[Key] = []
    if old is None:
        record = ModelRecord(
            index=entry.index, time=entry.time, digest=digest, marks=marks, endings=endings, fact=fact, runs=runs,
            datasets=fact.datasets, grown=entry.index,
        )
        state.series.append(("line", fact.name), digest)
        state.series.append(("models", fact.system), digest)
        parents = [f"system/{fact.system}", *runs, *(one.digest for one in fact.datasets)]
    else:
        more_runs = tuple(one for one in runs if one not in old.runs)
        known = {one.digest for one in old.datasets}
        more = tuple(one for one in fact.datasets if one.digest not in known)
        record = replace(
            old, marks=more_marks(old.marks, marks), endings=_weighed(state, old.endings + endings), runs=old.runs + more_runs,
            datasets=old.datasets + more, grown=entry.index if more_runs or more else old.grown,
        )
        parents = [*more_runs, *(one.digest for one in more)]
    state.models.put(digest, record)
    state.places.put(entry.index, ("model", digest))
    name_loose(state, entry, "dataset", fact.datasets)
    name_loose(state, entry, "run", [Input(name="", digest=one) for one in runs])
    link(state, digest, parents)


def evidence(state: State, entry: Entry) -> None:
    """Evidence on a model."""
    fact = entry.fact
    assert isinstance(fact, EvidenceFact)
    subject = subject_of(entry)
    state.evidence.put(entry.index, EvidenceRecord(
        index=entry.index, time=entry.time, digest=fact.evidence, marks=marks_of(entry), fact=fact, model=subject,
    ))
    state.series.append(("evidence", subject), entry.index)
    state.series.append(("evidence-object", fact.evidence), entry.index)
    inputs = (fact.data,) if fact.reference is None else (fact.data, fact.reference)
    name_loose(state, entry, "dataset", inputs)
    link(state, entry.index, [subject, *(one.digest for one in inputs)])


def policy(state: State, entry: Entry) -> None:
    """A version of a policy comes into force."""
    fact = entry.fact
    assert isinstance(fact, PolicyFact)
    digest, marks = subject_of(entry), marks_of(entry)
    old = state.policy_versions.get(digest)
    record = PolicyRecord(index=entry.index, time=entry.time, digest=digest, marks=marks, fact=fact, placed=marks)
    if old is not None:
        record = replace(old, marks=more_marks(old.marks, marks), placed=marks)
    state.policy_versions.put(digest, record)
    state.policies.put(fact.name, record)
    state.series.append(("policy-line", fact.name), digest)
    state.series.append(("policy-entries", fact.name), entry.index)
    state.places.put(entry.index, ("policy", digest))


def binding(state: State, entry: Entry) -> None:
    """A version of a binding comes into force."""
    fact = entry.fact
    assert isinstance(fact, BindingFact)
    digest, marks = subject_of(entry), marks_of(entry)
    old = state.binding_versions.get(digest)
    record = BindingRecord(index=entry.index, time=entry.time, digest=digest, marks=marks, fact=fact, placed=marks)
    if old is not None:
        record = replace(old, marks=more_marks(old.marks, marks), placed=marks)
    else:
        link(state, digest, [fact.policy])
    state.binding_versions.put(digest, record)
    state.bindings.put(fact.name, record)
    state.series.append(("binding-line", fact.name), digest)
    state.series.append(("binding-entries", fact.name), entry.index)
    state.places.put(entry.index, ("binding", digest))


def anchor(state: State, entry: Entry) -> None:
    """A checkpoint is kept elsewhere."""
    fact = entry.fact
    assert isinstance(fact, AnchorFact)
    state.anchors.put(entry.index, AnchorRecord(
        index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact,
    ))
    if fact.size > state.head.anchored:
        state.head = replace(state.head, anchored=fact.size, anchored_at=entry.time)


def export(state: State, entry: Entry) -> None:
    """A pack left the house."""
    fact = entry.fact
    assert isinstance(fact, ExportFact)
    state.exports.put(entry.index, ExportRecord(
        index=entry.index, time=entry.time, digest=subject_of(entry), marks=marks_of(entry), fact=fact,
    ))
    link(state, entry.index, [fact.about])
