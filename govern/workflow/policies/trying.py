"""Before a policy is installed: can its rules fail and pass here? One that can't would turn every gate into an error."""

from collections.abc import Sequence

from govern.domain.text import Digest
from govern.errors import GovernError, Refused
from govern.policy.applicability import applicable
from govern.policy.bound import BoundPolicy
from govern.policy.consistency import bound_problem
from govern.policy.model import Binding, Policy
from govern.policy.proof import Proof
from govern.policy.selftest import prove
from govern.policy.testing import made_system
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies.selftesting import UNTRIED, measured_proofs

HINT = "Nothing was installed. `govern policy test FOLDER` shows every case; mend the rule or its cases."


def tried(ws: Workspace, policy: Policy, digest: Digest, bindings: Sequence[tuple[Binding, Digest]]) -> tuple[str, ...]:
    """Prove every rule at every gate of every binding, as the gate does; return what could not be tried here, in words.

    Raises `Refused` with the rule and the reason for documents that do not fit each other and for rules that can't fail or
    can't pass.
    """
    said: dict[str, None] = {}
    for binding, binding_digest in bindings:
        strange = sorted({gate.removeprefix("promote:") for gate in binding.gates if gate.startswith("promote:")} - set(ws.config.stages))
        said |= {f"the binding {binding.name} is for the stage {stage}, which is none here: {', '.join(ws.config.stages)}": None for stage in strange}
        problem = bound_problem(policy, binding)
        if not problem and binding.pin.digest not in {None, digest}:
            problem = f"the binding {binding.name} pins {binding.pin.digest}, and the policy is {digest}"
        if problem:
            raise Refused(problem, "Nothing was installed. Mend the binding, or the policy that it binds.")
        one = BoundPolicy(policy=policy, policy_digest=digest, binding=binding, binding_digest=binding_digest)
        bound = [
            meant for gate in binding.gates for meant in applicable([one], system=made_system(policy, binding), gate=gate)
        ]
        if not bound:
            raise Refused(
                f"the binding {binding.name} and the policy {policy.name} have no system in common",
                "Nothing was installed: it would apply nowhere. Mend the binding's scope or the policy's applies_to.",
            )
        _refuse(prove(bound))
        said |= dict.fromkeys(_here(ws, policy, bound))
    return tuple(said)


def _refuse(proofs: Sequence[Proof]) -> None:
    broken = {proof.rule: proof for proof in reversed(proofs) if not proof.proved}
    for rule, proof in sorted(broken.items()):
        more = f" ({len(broken) - 1} more rules)" if len(broken) > 1 else ""
        raise Refused(f"the rule {rule} proves nothing at {proof.gate}: {proof.detail}{more}", HINT)


def _here(ws: Workspace, policy: Policy, bound: Sequence[BoundPolicy]) -> list[str]:
    """Prove the rules from rows on, with this machine's measures; say of what that can't be told."""
    from govern.measure.registry import find

    said = []
    for rule in policy.rules:
        try:
            if rule.measure:
                find(rule.measure)
        except GovernError as error:
            said.append(f"{rule.id} could not be tried here: {error.message}")
    proofs = measured_proofs(bound, detector=ws.config.detector, remembered=ws.home.keys.parent / "proofs.json")
    untried = {proof.rule: proof.detail for proof in proofs if proof.detail.startswith(UNTRIED)}
    _refuse([proof for proof in proofs if proof.rule not in untried])
    return said + [f"{rule}: {detail}" for rule, detail in sorted(untried.items())]
