"""Policies in a workspace: installing documents, and finding the ones that apply to a gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govern.domain.facts import BindingFact, PolicyFact
from govern.domain.statement import Draft
from govern.domain.text import Digest, digest_of
from govern.errors import UsageError
from govern.lineage.records import BindingRecord
from govern.lineage.state import State
from govern.policy.bound import BoundPolicy
from govern.policy.diff import diff
from govern.policy.documents import parse_binding, parse_policy
from govern.policy.model import Policy
from govern.workflow.interface import Objects, Passphrases
from govern.workflow.views import Written
from govern.workflow.workspace import Workspace, about


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
        policy = folder / "policy.yaml"
        if not policy.is_file():
            raise UsageError(f"{folder} holds no policy.yaml", "A policy's folder holds policy.yaml and binding*.yaml.")
        bindings = sorted(folder.glob("binding*.yaml"))
        return Documents(
            policy=policy.read_bytes(), policy_where=str(policy),
            bindings=tuple((str(path), path.read_bytes()) for path in bindings),
        )
    import govern_policies

    if named not in govern_policies.pack_ids():
        raise UsageError(
            f"“{named}” is neither a folder nor a pack",
            f"Packs that ship with govern: {', '.join(govern_policies.pack_ids())}.",
        )
    pack = govern_policies.load(named)
    return Documents(
        policy=pack.policy, policy_where=f"{named}/policy.yaml", bindings=((f"{named}/binding.yaml", pack.binding),),
        pack=named,
    )


def install(
    ws: Workspace, named: str, *, key: str | None = None, passphrases: Passphrases
) -> tuple[Written, ...]:
    """Commit a policy and its bindings to the ledger: from the next gate on they judge.

    What is in force already, byte for byte, is not written again. Raises `UsageError`, `DocumentError`, `Refused`.
    """
    given = documents(named)
    if not given.bindings:
        raise UsageError("there is no binding", "A policy without a binding applies nowhere: add binding.yaml.")
    policy = parse_policy(given.policy, where=given.policy_where)
    policy_digest = digest_of(given.policy)
    state = ws.state()
    drafts: list[Draft] = []
    current = state.policies.get(policy.name)
    if current is None or current.digest != policy_digest:
        earlier = parse_policy(ws.objects.get(current.digest), where=current.name) if current else None
        fact = PolicyFact(
            name=policy.name, version=policy.version, title=policy.title, owner=policy.owner, pack=given.pack,
            supersedes=current.digest if current else None,
            change=diff(earlier, policy).change if earlier else "new",
        )
        drafts.append(Draft(subjects=about(f"policy/{policy.name}@{policy.version}", policy_digest), fact=fact))
    for where, data in given.bindings:
        drafts += _binding_draft(state, data, where, policy, policy_digest)
    if not drafts:
        raise UsageError(f"{policy.name}@{policy.version} is in force already", "There is nothing to install.")
    ws.objects.put(given.policy)
    for _, data in given.bindings:
        ws.objects.put(data)
    return ws.write(drafts, key=ws.key_for("policy", key), passphrases=passphrases)


def _binding_draft(state: State, data: bytes, where: str, policy: Policy, policy_digest: Digest) -> list[Draft]:
    binding = parse_binding(data, where=where)
    if binding.pin.name != policy.name:
        raise UsageError(
            f"{where} binds “{binding.pin.name}”, not “{policy.name}”", "Put a binding beside the policy that it binds."
        )
    digest = digest_of(data)
    current = state.bindings.get(binding.name)
    if current is not None and current.digest == digest and current.fact.policy == policy_digest:
        return []
    fact = BindingFact(
        name=binding.name, version=binding.version, policy=policy_digest, gates=binding.gates,
        supersedes=current.digest if current else None, change="mixed" if current else "new",
    )
    return [Draft(subjects=about(f"binding/{binding.name}", digest), fact=fact)]


def in_force(objects: Objects, state: State) -> tuple[BoundPolicy, ...]:
    """Return every binding that is in force, with the very version of the policy that it pins."""
    return tuple(bound_by(objects, record) for record in sorted(state.bindings.values(), key=lambda record: record.name))


def bound_by(objects: Objects, record: BindingRecord) -> BoundPolicy:
    """Read a binding with the policy that it pins. Raises `StorageError`, `DocumentError`."""
    binding = parse_binding(objects.get(record.digest), where=record.name)
    policy = parse_policy(objects.get(record.fact.policy), where=binding.policy)
    return BoundPolicy(
        policy=policy, policy_digest=record.fact.policy, binding=binding, binding_digest=record.digest
    )


def names(bound: Sequence[BoundPolicy]) -> str:
    """Name policies for people."""
    return ", ".join(f"{b.policy.name}@{b.policy.version}" for b in bound) or "none"
