"""Deciding (processor time): 200 rules on stored evidence, linear in rules, beside what engines of other people take for as many.

Run as a script. Peers (regopy, cel-python) are timed where they are installed; they compare 200 numbers with 200
thresholds and do nothing else: no documents, no digests, no exact counts, no chance, no explanations.
"""

import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from policy.policy_worlds import MODEL, NOW, SYSTEM, bind, binding_text, policy_text, presented, ratio_evidence  # noqa: E402

from govern.domain.evidence import Evidence, Measurement  # noqa: E402
from govern.policy import selftest  # noqa: E402
from govern.policy.bound import BoundPolicy  # noqa: E402
from govern.policy.deciding import decide  # noqa: E402
from govern.policy.question import Question  # noqa: E402

LIMIT = 0.050
RUNS = 15
RULE = """
  - id: R-{number}
    title: Rule {number}
    measure: impact_ratio@1
    with: {{attributes: [a{number}], reference: highest}}
    assert: {{value: ratio, op: ">=", threshold: "0.8", exact: rational}}
    uncertainty: {{decide: significant, min_group: 30}}
    over: {{each: group, need: 2}}
    max_age: P90D
"""


def world(rules: int) -> tuple[BoundPolicy, Question]:
    """A policy of so many rules, each on an attribute of its own with two groups."""
    bound = bind(policy_text("".join(RULE.format(number=number) for number in range(rules))), binding_text())
    measures: tuple[Measurement, ...] = ()
    for number in range(rules):
        measures += ratio_evidence((500, 1000), (450 - number % 200, 1000), attribute=f"a{number}",
                                   values={"p_value": "0.001"}).measures
    evidence = presented(Evidence(rows=2000, measures=measures))
    return bound, Question(
        gate="promote:production", system=SYSTEM, subject=MODEL, subject_name="credit@1", bound=(bound,), evidence=(evidence,)
    )


def median(work: Callable[[], object]) -> float:
    """Median of processor seconds of some runs, after one that is not counted: other work on the machine is left out."""
    work()
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def peers() -> list[tuple[str, float]]:
    """Time other engines on 200 comparisons."""
    found: list[tuple[str, float]] = []
    values = {f"r{number}": 0.9 for number in range(200)}
    if importlib.util.find_spec("regopy"):
        from regopy import Interpreter

        rego = Interpreter()
        rules = "\n".join(f'deny contains "r{number}" if input.r{number} < 0.8' for number in range(200))
        rego.add_module("gate", f"package gate\nimport rego.v1\n{rules}\n")

        def by_rego() -> object:
            rego.set_input_term(json.dumps(values))
            return rego.query("data.gate.deny")

        found.append(("regopy", median(by_rego)))
    if importlib.util.find_spec("celpy"):
        import celpy

        environment = celpy.Environment()
        programs = [environment.program(environment.compile(f"r{number} >= 0.8")) for number in range(200)]
        activation = celpy.json_to_cel(values)
        found.append(("cel-python", median(lambda: [program.evaluate(activation) for program in programs])))
    return found


def main() -> None:
    """Print the figures."""
    last = 0.0
    for rules in (50, 100, 200, 400):
        _, question = world(rules)
        start = time.process_time()
        selftest.forget()
        decide(question, as_of=NOW)
        first = time.process_time() - start
        took = median(lambda question=question: decide(question, as_of=NOW))  # type: ignore[misc]
        growth = f", {took / last:4.2f} times the line above" if last else ""
        print(f"{rules:4} rules: median {took * 1000:6.1f} ms, {took / rules * 1e6:5.0f} µs a rule{growth}; "
              f"with self-tests {first * 1000:6.1f} ms")
        if rules == 200:
            print(f"           {took / LIMIT:4.2f} of the limit of {LIMIT * 1000:.0f} ms for 200 rules")
            own = took
        last = took
    others = peers()
    for name, took in others:
        print(f"{name}: 200 comparisons {took * 1000:6.1f} ms; deciding takes {own / took:.1f} times that")
    if not others:
        print("no peer is installed: pip install regopy cel-python to compare")


if __name__ == "__main__":
    main()
