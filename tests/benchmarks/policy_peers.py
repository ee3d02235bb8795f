"""Other people's engines on 200 comparisons, for `bench_policy.py`: processor seconds of one evaluation, as JSON on stdout.

Needs regopy and cel-python and nothing of govern's, so that it can run in an environment of its own. The peers compare 200
numbers with 200 thresholds and do nothing else: no documents, no digests, no exact counts, no chance, no explanations.
"""

import json
import statistics
import time
from collections.abc import Callable

RULES = 200
RUNS = 15


def median(work: Callable[[], object]) -> float:
    """Median of processor seconds of some runs, after one that is not counted: other work on the machine is left out."""
    work()
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def rego(values: dict[str, float]) -> float:
    """One module of 200 deny rules, asked once."""
    from regopy import Interpreter

    interpreter = Interpreter()
    rules = "\n".join(f'deny contains "r{number}" if input.r{number} < 0.8' for number in range(RULES))
    interpreter.add_module("gate", f"package gate\nimport rego.v1\n{rules}\n")

    def ask() -> object:
        interpreter.set_input_term(json.dumps(values))
        return interpreter.query("data.gate.deny")

    return median(ask)


def cel(values: dict[str, float]) -> float:
    """200 compiled expressions, each evaluated once."""
    import celpy

    environment = celpy.Environment()
    programs = [environment.program(environment.compile(f"r{number} >= 0.8")) for number in range(RULES)]
    activation = celpy.json_to_cel(values)
    return median(lambda: [program.evaluate(activation) for program in programs])


if __name__ == "__main__":
    numbers = {f"r{number}": 0.9 for number in range(RULES)}
    print(json.dumps({"regopy": rego(numbers), "cel-python": cel(numbers)}))
