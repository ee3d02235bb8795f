"""Which models and deployments rest on an entry that verification found damaged.

A damaged ledger can't be folded, so this looks only at which digests entries name: crude, and on the safe side.
"""

import re
from collections.abc import Iterable, Iterator

from govern.canonical.values import to_json
from govern.domain.facts import DeploymentFact, ModelFact
from govern.domain.statement import Entry
from govern.errors import GovernError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def readable(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Yield entries as far as they can be read."""
    while True:
        try:
            yield next(entries)
        except StopIteration:
            return
        except GovernError:
            return


def touched(entries: Iterable[Entry], index: int) -> tuple[str, ...]:
    """Name the models and deployments that rest on entry `index`, through any number of hops, sorted."""
    seen = list(entries)
    start = next((entry for entry in seen if entry.index == index), None)
    if start is None:
        return ()
    reached = {subject.digest for subject in start.statement.subjects}
    names = set(_names(start))
    for entry in seen[seen.index(start) + 1 :]:
        own = {subject.digest for subject in entry.statement.subjects}
        if reached & (own | set(_DIGEST.findall(str(to_json(entry.fact))))):
            reached |= own
            names |= set(_names(entry))
    return tuple(sorted(names))


def _names(entry: Entry) -> Iterator[str]:
    if isinstance(entry.fact, ModelFact):
        yield f"model {entry.fact.name}@{entry.fact.version}"
    elif isinstance(entry.fact, DeploymentFact):
        yield f"deployment {entry.fact.id} of {entry.fact.system} in {entry.fact.environment}"
