"""The exit code that a decision ends a pipeline with."""

from govern.domain.decision import Decision, Outcome, Status
from govern.errors import ExitCode


def exit_code_of(decision: Decision) -> ExitCode:
    """Return 0 allowed; 1 denied, a rule failed; 3 denied, inconclusive; 4 could not be evaluated.

    An error dominates: a gate that could not be evaluated is not "denied by a rule".
    """
    if decision.outcome is Outcome.ALLOW:
        return ExitCode.OK
    against = {rule.status for rule in decision.rules if rule.denies}
    if decision.problem or Status.ERROR in against or not against:
        return ExitCode.ERROR
    return ExitCode.REFUSED if Status.FAIL in against else ExitCode.INCONCLUSIVE
