"""Policies in a workspace: installing documents, and finding the ones that apply to a gate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from govern.domain.facts import BindingFact, PolicyFact
from govern.domain.statement import Draft
from govern.domain.text import Digest, digest_of, short
from govern.errors import Refused, UsageError
from govern.lineage.people import person
from govern.lineage.records import BindingRecord
from govern.lineage.state import State
from govern.policy.bound import BoundPolicy
from govern.policy.bundle import SIGNATURE
from govern.policy.documents import parse_binding, parse_policy
from govern.policy.model import Binding, Policy
from govern.workflow.interface import Objects, Passphrases
from govern.workflow.place.workspace import Workspace, about
from govern.workflow.policies.bundles import read_folder, verified_files
from govern.workflow.views import Written

if TYPE_CHECKING:
    # Comparing loads the engine with all its measures: only who installs compares.
    from govern.policy.diff import PolicyDiff

POLICY: Final = "policy.yaml"
READ: Final = 256
"""Documents kept as they were read: strict YAML is slow to read, and a gate, a queue and a replay ask for the same ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """A policy and the bindings that say where it applies, as bytes, with where they came from."""

    policy: bytes
    policy_where: str
    bindings: tuple[tuple[str, bytes], ...]
    """(where, bytes)"""
    pack: str = ""


def documents(named: str) -> Documents:
    """Read documents from a folder, or from a pack that ships with govern. Raises `UsageError`."""
    folder = Path(named)
    if folder.is_dir():
        paths = [one for one in (folder / "policy.yaml", *folder.glob("binding*.yaml")) if one.is_file()]
        return _of_folder(folder, {path.name: path.read_bytes() for path in paths})
    import govern_policies

    try:
        pack = govern_policies.load(named)
    except govern_policies.UnknownPackError as error:
        raise UsageError(
            f"“{named}” is neither a folder nor a pack",
            f"Packs that ship with govern: {', '.join(govern_policies.pack_ids())}.",
        ) from error
    return Documents(
        policy=pack.policy, policy_where=f"{named}/policy.yaml", bindings=((f"{named}/binding.yaml", pack.binding),),
        pack=pack.id,
    )


def _of_folder(folder: Path, files: Mapping[str, bytes]) -> Documents:
    """Take a policy and its bindings from what was read of a folder. Raises `UsageError`."""
    if POLICY not in files:
        raise UsageError(f"{folder} holds no {POLICY}", f"A policy's folder holds {POLICY} and binding*.yaml.")
    bindings = sorted(name for name in files if fnmatchcase(name, "binding*.yaml") and "/" not in name)
    return Documents(
        policy=files[POLICY], policy_where=str(folder / POLICY), bindings=tuple((str(folder / name), files[name]) for name in bindings),
    )


def install(
    ws: Workspace, named: str, *, key: str | None = None, also_as: Sequence[str] = (), passphrases: Passphrases,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Written, ...]:
    """Commit a policy and its bindings to the ledger: from the next gate on they judge.

    Each rule is first proved to be able to fail and to pass; `tell` is told what could not be tried on this machine.

    What is in force already, byte for byte, is not written again. A change that loosens or narrows what is in force, or may,
    needs the signatures of two holders: `also_as` names the second's key. A folder that holds a signed bundle has to be
    exactly what was signed. Raises `UsageError`, `DocumentError`, `VerificationError`, `Refused`.
    """
    if (Path(named) / SIGNATURE).is_file():
        # Read once: what is installed is the very bytes that were held against the signature.
        files = read_folder(Path(named))
        verified_files(Path(named), files, ws.ledger.trust_root(), size=ws.ledger.size)
        given = _of_folder(Path(named), files)
    else:
        given = documents(named)
    if not given.bindings:
        raise UsageError("there is no binding", "A policy without a binding applies nowhere: add binding.yaml.")
    state = ws.state()
    changes = _changes(ws.objects, state, given)
    if not changes:
        raise UsageError(f"{named} is in force already", "There is nothing to install.")
    for untried in _tried(ws, given):
        tell(untried)
    signs = ws.key_for("policy", key)
    holders = {person(state, ws.holder_of(name)) for name in (signs, *also_as) if "policy" in ws.roles_of(name)}
    looser = [line for change in changes for line in change.looser]
    if looser and len(holders) < 2:  # noqa: PLR2004 - four eyes
        raise Refused(
            f"this loosens what is in force, or may: {looser[0]}" + (f", and {len(looser) - 1} more" if len(looser) > 1 else ""),
            "It takes the signatures of two holders in the role policy: name the second's key with --also-as.",
        )
    ws.objects.put(given.policy)
    for _, data in given.bindings:
        ws.objects.put(data)
    return ws.write(
        [change.draft for change in changes], at=state.size, key=signs, also=tuple(also_as), passphrases=passphrases
    )


def _tried(ws: Workspace, given: Documents) -> tuple[str, ...]:
    """Prove the rules of documents that are to be installed. Raises `Refused`."""
    from govern.workflow.policies.trying import tried

    bindings = [(parse_binding(data, where=where), digest_of(data)) for where, data in given.bindings]
    return tried(ws, parse_policy(given.policy, where=given.policy_where), digest_of(given.policy), bindings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One document that is to be in force, and in what it is less strict than the one that it replaces."""

    draft: Draft
    looser: tuple[str, ...] = ()


def _changes(objects: Objects, state: State, given: Documents) -> list[Change]:
    from govern.policy.diff import diff

    policy = parse_policy(given.policy, where=given.policy_where)
    digest = digest_of(given.policy)
    current = state.policies.get(policy.name)
    changes: list[Change] = []
    if current is None or current.digest != digest:
        found = diff(parse_policy(objects.get(current.digest), where=current.name), policy) if current else None
        fact = PolicyFact(
            name=policy.name, version=policy.version, title=policy.title, owner=policy.owner, pack=given.pack,
            supersedes=current.digest if current else None, change=found.change if found else "new",
        )
        changes.append(
            Change(
                draft=Draft(subjects=about(f"policy/{policy.name}@{policy.version}", digest), fact=fact), looser=looser_lines(found)
            )
        )
    for where, data in given.bindings:
        changes += _binding_change(objects, state, data, where, policy, digest)
    return changes


def _binding_change(
    objects: Objects, state: State, data: bytes, where: str, policy: Policy, policy_digest: Digest
) -> list[Change]:
    from govern.policy.diff_bindings import diff_bindings

    binding = parse_binding(data, where=where)
    if binding.pin.name != policy.name:
        raise UsageError(
            f"{where} binds “{binding.pin.name}”, not “{policy.name}”", "Put a binding beside the policy that it binds."
        )
    digest = digest_of(data)
    current = state.bindings.get(binding.name)
    if current is not None and current.digest == digest and current.fact.policy == policy_digest:
        return []
    earlier = parse_binding(objects.get(current.digest), where=current.name) if current else None
    found = diff_bindings(earlier, binding, policy=policy) if earlier else None
    fact = BindingFact(
        name=binding.name, version=binding.version, policy=policy_digest, gates=binding.gates,
        supersedes=current.digest if current else None, change=found.change if found else "new",
    )
    draft = Draft(subjects=about(f"binding/{binding.name}", digest), fact=fact)
    return [Change(draft=draft, looser=() if earlier is None else looser_binding(earlier, binding, policy))]


def looser_binding(earlier: Binding, binding: Binding, policy: Policy) -> tuple[str, ...]:
    """Say in what a binding, which pins `policy`, is less strict than the one that it replaces."""
    from govern.policy.diff_bindings import diff_bindings

    looser = looser_lines(diff_bindings(earlier, binding, policy=policy))
    if earlier.pin.name != policy.name:
        # Another policy under a known binding is not compared rule by rule: whatever it is, two should have seen it.
        looser = (f"{binding.name} would bind {policy.name} in place of {earlier.pin.name}", *looser)
    return looser


def looser_lines(found: "PolicyDiff | None") -> tuple[str, ...]:
    """Say in what a change is less strict, or may be; empty where it takes one signer."""
    if found is None or not found.needs_second_approver:
        return ()
    # "changed" belongs here: another measure or another operator may be the end of a rule, and nobody can tell from the text.
    return tuple(
        f"{line.where}: {line.before} → {line.after}" for line in found.lines
        if line.kind in {"loosened", "scope-narrowed", "changed"}
    )


def in_force(objects: Objects, state: State) -> tuple[BoundPolicy, ...]:
    """Return every binding that is in force, with the very version of the policy that it pins."""
    return tuple(bound_by(objects, record) for record in sorted(state.bindings.values(), key=lambda record: record.name))


def version(state: State, named: str) -> Digest | None:
    """The digest of a version that was ever installed, such as `baseline@1.0.0`; None where there was none."""
    name, _, wanted = named.partition("@")
    found = [record for record in state.policy_versions.values() if (record.fact.name, record.fact.version) == (name, wanted)]
    return max(found, key=lambda record: record.index).digest if found else None


def bound_by(objects: Objects, record: BindingRecord) -> BoundPolicy:
    """Read a binding with the policy that it pins. Raises `StorageError`, `DocumentError`."""
    return BoundPolicy(
        policy=policy_of(objects, record.fact.policy), policy_digest=record.fact.policy,
        binding=binding_of(objects, record.digest), binding_digest=record.digest,
    )


def policy_of(objects: Objects, digest: Digest) -> Policy:
    """Read a policy document from the objects. Raises `StorageError`, `DocumentError`."""
    return _read_policy(objects.get(digest), f"policy {short(digest)}")


def binding_of(objects: Objects, digest: Digest) -> Binding:
    """Read a binding document from the objects. Raises `StorageError`, `DocumentError`."""
    return _read_binding(objects.get(digest), f"binding {short(digest)}")


@lru_cache(maxsize=READ)
def _read_policy(data: bytes, where: str) -> Policy:
    return parse_policy(data, where=where)


@lru_cache(maxsize=READ)
def _read_binding(data: bytes, where: str) -> Binding:
    return parse_binding(data, where=where)


def names(bound: Sequence[BoundPolicy]) -> str:
    """Name policies for people."""
    return ", ".join(f"{b.policy.name}@{b.policy.version}" for b in bound) or "none"
