"""How a ledger begins: first keys, first trust root, first checkpoint."""

from datetime import datetime, timedelta

from govern.domain.facts import Role, TrustedKey, TrustRootFact
from govern.store.ledger import Ledger
from govern.trust.checkpoints import CheckpointStore
from govern.trust.keyring import Keyring
from govern.workflow.interface import Passphrases
from govern.workflow.place.config import Keys

ROOT_YEARS = 3
"""A root that nobody renews for so long should stop being believed."""

# A key that reports evidence may not change policy, so the two never share one.
FIRST_ROLES = {
    "root": ("root",),
    "log": ("log",),
    "pipeline": ("recorder", "evaluator", "operator", "auditor"),
    "policy-owner": ("policy",),
}
"""Key name to its roles; each key's holder is called like the key until people enrol their own."""


def found(
    url: str, *, origin: str, keyring: Keyring, keys: Keys, passphrases: Passphrases, now: datetime,
    trusted: CheckpointStore,
) -> None:
    """Make the first keys where they are missing, and a ledger whose entry 0 is the trust root."""
    for name in FIRST_ROLES:
        if name not in keyring.names():
            if name == keys.log:
                # The log signs whenever anybody appends, so its key opens without a person: it is as safe as the
                # account it lies in (govern/trust/README.md says how to put it in a KMS).
                keyring.create(name, holder=name, unattended=True)
            else:
                keyring.create(name, holder=name, passphrase=passphrases(name))
    infos = {name: keyring.info(name) for name in FIRST_ROLES}
    roles: dict[str, list[str]] = {}
    for name, given in FIRST_ROLES.items():
        for role in given:
            roles.setdefault(role, []).append(infos[name].keyid)
    for role in ("validator", "approver", "witness"):
        roles.setdefault(role, [])
    root = TrustRootFact(
        version=1,
        origin=origin,
        expires=now + timedelta(days=365 * ROOT_YEARS),
        keys={
            info.keyid: TrustedKey(scheme=info.scheme, public=info.public, holder=info.holder) for info in infos.values()
        },
        roles={role: Role(keyids=tuple(sorted(keyids))) for role, keyids in roles.items()},
        reason="first trust root",
    )
    ledger = Ledger.create(
        url, origin=origin, root=root, root_signers=(keyring.signer(keys.root, passphrases),),
        log_signer=keyring.signer(keys.log, passphrases), now=now, trusted=trusted,
    )
    ledger.close()
