"""What may run, read from raw entries by code that shares nothing with the rooms: what the machine of the lifecycle is held against."""

from lineage.book import ROLES

GATE = "promote:production"


def mended(entries, model) -> str:
    """Why a trial may not have all traffic: what the gate `deploy` said last, and whether it was asked since the trial began."""
    about = [one for one in entries if one.statement.subjects[0].digest == model]
    asked = [one for one in about if one.kind == "decision" and one.fact.gate == "deploy"]
    if asked and asked[-1].fact.outcome != "allow":
        return "the gate deploy denies it"
    runs = [one for one in about if one.kind == "deployment"]
    if not runs or runs[-1].fact.mode == "full":
        return ""
    back = [one for one in entries if one.kind == "rollback" and one.index > runs[-1].index]
    if back:
        # Going back to it gave it all traffic again, whatever it was tried as.
        again = any(one.statement.subjects[0].digest == model for one in back)
        return "" if again else "its trial was ended by a rollback, and no other was begun"
    # The first entry of the trial that is going on: it may have taken more traffic since.
    begun = next(one.index for one in runs if one.fact.id == runs[-1].fact.id)
    return "" if any(one.index > begun for one in asked) else "its trial became full unasked"


def upstream(entries, model):
    """Every digest under a model, and the holders who recorded it."""
    under, grown = {model}, True
    while grown:
        grown = False
        for entry in entries:
            own = entry.statement.subjects[0].digest
            if own not in under:
                continue
            fact, found = entry.fact, set()
            if entry.kind == "dataset":
                found = {one.digest for one in fact.sources}
            elif entry.kind == "run":
                found = {one.digest for one in fact.inputs}
            elif entry.kind == "model" and fact.run:
                found = {fact.run}
            grown |= not found <= under
            under |= found
    return under


def barred(entries, about, under):
    """Holders who made the model or its data, signed what judged it, or asked for a waiver."""
    judged = {one for entry in about if entry.kind == "decision" for one in entry.fact.policies + entry.fact.bindings}
    makers = {
        entry.holder for entry in entries if entry.kind in {"model", "run", "dataset"}
        and entry.statement.subjects[0].digest in under and getattr(entry.fact, "state", "active") == "active"
    }
    judges = {
        entry.holder for entry in entries
        if entry.kind in {"policy", "binding"} and entry.statement.subjects[0].digest in judged
    }
    return makers | judges | {entry.holder for entry in about if entry.kind == "waiver" and entry.fact.action == "propose"}


def broken(approval, entries, model, under) -> bool:
    """Whether anything after an approval touches what it rests on."""
    for entry in entries[approval.index + 1:]:
        touched, fact = entry.statement.subjects[0].digest, entry.fact
        ends = getattr(fact, "state", "active") in {"withdrawn", "superseded", "revoked"}
        if (entry.kind in {"dataset", "model"} and touched in under and ends) or entry.kind == "policy":
            return True
        if entry.kind == "dataset" and touched in under and named_first(entry, entries):
            return True
        if touched == model and entry.kind == "observation" and fact.outcome == "deny":
            return True
        if touched == model and entry.kind == "decision" and fact.gate == GATE:
            shown = next(one.fact for one in entries if one.kind == "decision" and one.fact.decision == approval.fact.decision)
            if (fact.outcome, fact.evidence, fact.policies) != (shown.outcome, shown.evidence, shown.policies):
                return True
        if entry.kind == "trust-root" and fact.keys[approval.holder].void_reason.startswith("compromised"):
            return True
    return False


def named_first(entry, entries) -> bool:
    """Whether an entry names a source of a dataset that none before it did."""
    own = entry.statement.subjects[0].digest
    known = {own} | {
        one.digest for other in entries[: entry.index]
        if other.kind == "dataset" and other.statement.subjects[0].digest == own
        for one in other.fact.sources
    }
    return any(one.digest not in known for one in entry.fact.sources)


def voided(entries, holder) -> int:
    """The index from which a holder's key is void."""
    found = [one.fact.keys[holder].void_from for one in entries if one.kind == "trust-root"]
    return min((one for one in found if one is not None), default=len(entries) + 1)


def unforgivable(entries, model, who) -> str:
    """Why not even an emergency lets `who` go back to this model; empty where it may."""
    about = [one for one in entries if one.statement.subjects[0].digest == model]
    if "emergency" not in ROLES[who] or voided(entries, who) <= len(entries):
        return "nobody with the role signs"
    if not any(one.kind == "deployment" and one.fact.mode == "full" for one in about):
        return "it never had all traffic"
    ends = [one for one in entries if one.kind == "retirement" and one.fact.environment in {"", "production"}]
    if any(one in about or one.statement.subjects[0].name == "system/credit" for one in ends):
        return "it was retired"
    return "it was revoked" if any(one.kind == "model" and one.fact.state == "revoked" for one in about) else ""


def taken_away(entries, about, decided) -> bool:
    """Whether somebody took back, or could not sign, what they had attested before a decision."""
    back = {(one.fact.supersedes, one.holder): one.index for one in about if one.kind == "review"}
    # What was attested of another version of the policy is nothing that the decision rests on.
    given = [
        one for one in about if one.kind == "review" and one.fact.action == "attest" and one.index < decided.index
        and one.fact.attestation.policy in decided.fact.policies
    ]
    known = [one for one in entries if one.index < decided.index]
    return any(
        back.get((one.index, one.holder), -1) > decided.index
        or (back.get((one.index, one.holder), len(entries)) > decided.index
            and voided(entries, one.holder) <= one.index < voided(known, one.holder))
        for one in given
    )


def unhelped(about, decided, leaf, now) -> str:
    """Why a waiver that a decision was helped by helps it no more, or never did."""
    asked = next(one for one in about if one.leaf_hash == leaf)
    steps = [one for one in about if one.kind == "waiver" and one.fact.id == asked.fact.id and one.index > asked.index]
    if any(one.fact.action == "revoke" for one in steps):
        return "its waiver was revoked"
    if asked.fact.expires <= now:
        return "its waiver expired"
    others = [
        one for one in steps if one.fact.action == "approve" and one.index < decided.index and one.holder != asked.holder
        and {"approver", "validator"} & set(ROLES[one.holder])
    ]
    return "" if others else "nobody else approved its waiver"


def complaint(entries, model, now, environment="production") -> str:
    """Why this model should not have been let through, read from the entries alone; empty where it should."""
    now = max(now, *(entry.time for entry in entries))
    about = [entry for entry in entries if entry.statement.subjects[0].digest == model]
    decided = [entry for entry in about if entry.kind == "decision" and entry.fact.gate == GATE]
    if not decided or decided[-1].fact.outcome != "allow":
        return "no allowing decision"
    last = decided[-1].fact
    if taken_away(entries, about, decided[-1]):
        return "what was attested was taken away"
    if any(entry.kind == "retirement" and entry.fact.environment in {"", environment} for entry in about):
        return "it was retired"
    if any(entry.kind == "retirement" and entry.statement.subjects[0].name == "system/credit" for entry in entries):
        return "its system was retired"
    if any(entry.kind == "model" and entry.fact.state == "revoked" for entry in about):
        return "it was revoked"
    helped = next((why for why in (unhelped(about, decided[-1], leaf, now) for leaf in last.waivers) if why), "")
    if helped:
        return helped
    if last.expires is not None and last.expires <= now:
        return "evidence too old"
    open_findings = {entry.fact.id: entry.fact for entry in about if entry.kind == "finding"}
    if any(fact.state != "verified-closed" and fact.due <= now for fact in open_findings.values()):
        return "an overdue finding"
    under = upstream(entries, model) | {
        one.fact.data.digest for one in about if one.kind == "evidence" and one.fact.evidence in last.evidence
    }
    out = barred(entries, about, under)
    good = {
        entry.holder for entry in about
        if entry.kind == "review" and entry.fact.gate == GATE and entry.fact.action == "approve"
        and entry.fact.role == "approver" and "approver" in ROLES[entry.holder] and entry.holder not in out
        and not broken(entry, entries, model, under) and entry.index < voided(entries, entry.holder)
    }
    need = last.approvals[0].count
    return "" if len(good) >= need else f"{len(good)} good approvals of {need}"
