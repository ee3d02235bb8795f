"""Deciding: 200 rules on stored evidence beside other people's engines; and what share of a gate is spent in measuring.

Run as a script. Peers (regopy, cel-python) are timed in the environment that GOVERN_PEERS names, or in one made for it
with pip and removed again; `policy_peers.py` says what they do. Real data is looked for in GOVERN_SHARED or ../shared.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve()
REPOSITORY = HERE.parents[2]
sys.path[:0] = [str(REPOSITORY / "tests"), str(HERE.parent), *(str(REPOSITORY / root) for root in (".", "policies"))]

from policy.policy_worlds import MODEL, NOW, SYSTEM, bind, binding_text, policy_text, presented, ratio_evidence  # noqa: E402
from policy_peers import median  # noqa: E402

from govern.domain.evidence import Evidence, Measurement  # noqa: E402
from govern.domain.facts import SystemFact  # noqa: E402
from govern.policy import selftest  # noqa: E402
from govern.policy.deciding import decide  # noqa: E402
from govern.policy.question import Question  # noqa: E402
from govern.trust.home import Home  # noqa: E402
from govern.workflow import demo  # noqa: E402
from govern.workflow.place.workspace import Workspace  # noqa: E402
from govern.workflow.policies import policies  # noqa: E402
from govern.workflow.record import recording  # noqa: E402

LIMIT = 0.050
SHARE = 0.8
GATES = 3
PEERS = ("regopy==1.5.2", "cel-python==0.5.0")
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


def world(rules: int) -> Question:
    """A policy of so many rules, each on an attribute of its own with two groups."""
    bound = bind(policy_text("".join(RULE.format(number=number) for number in range(rules))), binding_text())
    measures: tuple[Measurement, ...] = ()
    for number in range(rules):
        measures += ratio_evidence((500, 1000), (450 - number % 200, 1000), attribute=f"a{number}",
                                   values={"p_value": "0.001"}).measures
    evidence = presented(Evidence(rows=2000, measures=measures))
    return Question(
        gate="promote:production", system=SYSTEM, subject=MODEL, subject_name="credit@1", bound=(bound,), evidence=(evidence,)
    )


def deciding() -> None:
    """Print what deciding takes, by rules, and beside the peers."""
    last = own = 0.0
    for rules in (50, 100, 200, 400):
        question = world(rules)
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
    for name, took in peers().items():
        print(f"{name}: 200 comparisons {took * 1000:6.1f} ms; deciding takes {own / took:.1f} times that")


def peers() -> dict[str, float]:
    """Time other engines in an environment that has them; empty, with the reason on stdout, where none can be had."""
    named = os.environ.get("GOVERN_PEERS")
    if named:
        return _timed(Path(named) / "bin" / "python")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        made = subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], capture_output=True, text=True, check=False)
        if made.returncode:
            print(f"no peers: {' and '.join(PEERS)} could not be installed; GOVERN_PEERS names an environment that has them")
            return {}
        return _timed(python)


def _timed(python: Path) -> dict[str, float]:
    found = subprocess.run([python, HERE.parent / "policy_peers.py"], capture_output=True, text=True, check=True)
    return dict(json.loads(found.stdout))


def gates() -> None:
    """Print what share of `govern gate` is measuring, each in a process of its own, on a workspace that has gated before."""
    with tempfile.TemporaryDirectory() as folder:
        _gate(Path(folder) / "sample", *_sample(Path(folder)))
        adult = Path(os.environ.get("GOVERN_SHARED", REPOSITORY.parent / "shared")) / "data" / "adult.csv"
        if adult.is_file():
            _gate(Path(folder) / "adult", *_adult(Path(folder), adult))
        else:
            print("Adult: adult.csv is not here; GOVERN_SHARED names the folder that has data/adult.csv")


def _sample(folder: Path) -> tuple[str, Path, Path, dict[str, str]]:
    sample = demo.sample_folder()
    trainer = demo.load_trainer(sample)
    made = next(one for one in trainer.train_all(sample, folder / "sample-models") if one.version == "2")
    columns = {"target": trainer.TARGET, "favourable": trainer.FAVOURABLE, "protected": ",".join(trainer.PROTECTED)}
    return "the shipped sample", made.model, made.scored, {**columns, "reference": str(sample / "train.csv")}


def _adult(folder: Path, csv: Path) -> tuple[str, Path, Path, dict[str, str]]:
    import pandas as pd
    import skops.io

    trainer = _module(REPOSITORY / "sample_data" / "adult_model.py")
    frame = pd.read_csv(csv)
    rows = frame.iloc[::2]
    model = trainer.second(rows, (rows[trainer.TARGET] == trainer.FAVOURABLE).astype(int))
    folder = folder / "adult-models"
    folder.mkdir()
    skops.io.dump(model, folder / "adult.skops")
    rows.to_csv(folder / "train.csv", index=False)
    trainer.held_out_scores(model, frame, trainer.CUTS["second"]).to_csv(folder / "all.csv", index=False)
    columns = {"target": trainer.TARGET, "favourable": trainer.FAVOURABLE, "protected": ",".join(trainer.PROTECTED)}
    return "Adult", folder / "adult.skops", folder / "all.csv", {**columns, "reference": str(folder / "train.csv")}


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _gate(folder: Path, name: str, model: Path, data: Path, words: dict[str, str]) -> None:
    """Gate once to prepare, then some times more, and print medians."""
    folder.mkdir()
    secret = folder / "passphrase"
    secret.touch(mode=0o600)
    secret.write_text("correct horse battery\n")

    def passphrase(_: str) -> str:
        return "correct horse battery"

    with Workspace.create(folder, passphrases=passphrase, home=Home.at(folder / "home")) as ws:
        policies.install(ws, "baseline", passphrases=passphrase)
        fact = SystemFact(
            name="one", purpose="credit", task="binary-classification", tier="high", owner="owner",
            protected=tuple(words["protected"].split(",")),
        )
        recording.record_system(ws, fact, passphrases=passphrase)
        recording.record_model(ws, model, name="one", system="one", version="1", passphrases=passphrase)
    command = [
        str(Path(sys.executable).parent / "govern"), "gate", "one@1", "--to", "production", "--json", "--data", str(data),
        "--target", words["target"], "--favourable", words["favourable"], "--positive", words["favourable"], "--prediction", "prediction",
        "--score", "score", "--reference", words["reference"], "--model", str(model), "--workspace", str(folder),
    ]
    environment = {**os.environ, "GOVERN_HOME": str(folder / "home"), "GOVERN_PASSPHRASE_FILE": str(secret)}
    runs = [_once(command, environment) for _ in range(GATES + 1)][1:]
    whole = statistics.median(run["whole"] for run in runs)
    shares = [run["measure"] / run["whole"] for run in runs]
    parts = ", ".join(f"{part} {statistics.median(run[part] for run in runs) * 1000:.0f} ms" for part in runs[0])
    print(f"govern gate on {name}, {sum(1 for _ in data.open()) - 1:,} rows: {statistics.median(shares):.0%} measuring "
          f"(wanted {SHARE:.0%}) of {whole:.2f} s\n           {parts}")


def _once(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    start = time.perf_counter()
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    whole = time.perf_counter() - start
    answer = json.loads(found.stdout or "{}")
    if "seconds" not in answer:
        raise SystemExit(f"{' '.join(command)}\n{found.stdout}{found.stderr}")
    parts: dict[str, Any] = answer["seconds"]
    return {**parts, "start and end": whole - sum(parts.values()), "whole": whole}


if __name__ == "__main__":
    deciding()
    gates()
