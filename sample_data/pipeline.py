"""An example pipeline: one training run of the sample through govern's Python face, from data to the gate's answer.

    govern init && govern policy install baseline
    GOVERN_PASSPHRASE_FILE=secret.txt python sample_data/pipeline.py --candidate 2

It ends with 0 where the gate allows the candidate, and with the gate's reasons and 1 where it does not. Run it as often
as you like: each run, each model and each answer is recorded.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import train as trainer

import govern

SAMPLE = Path(__file__).parent
SYSTEM = "credit"


def main() -> int:
    """Record, train, gate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workspace", type=Path, default=None, help="folder of the workspace (else: found upward from here)")
    parser.add_argument("--candidate", choices=sorted(trainer.WORDS_OF), default="2", help="1 learns the bias, 2 does not")
    asked = parser.parse_args()
    with govern.open(asked.workspace) as workspace, tempfile.TemporaryDirectory() as folder:
        workspace.record_system(
            SYSTEM, purpose="credit", task="binary-classification", tier="high", owner="model-risk", jurisdictions=("US",),
            protected=trainer.PROTECTED, title="Consumer credit decisions",
        )
        rows = workspace.record_dataset(SAMPLE / "train.csv", name="credit-train", purpose="training")
        with workspace.run(
            system=SYSTEM, inputs=[rows], seeds={"train": 0}, code=SAMPLE / "train.py",
            parameters={"candidate": asked.candidate, "cut": trainer.CUT},
        ) as run:
            candidate = trainer.train(asked.candidate, SAMPLE, Path(folder))
            run.log_metrics(candidate.metrics)
            model = run.record_model(candidate.model, name=SYSTEM, threshold=trainer.CUT)
        verdict = workspace.gate(
            model, to="production", data=candidate.scored, reference=SAMPLE / "train.csv", target=trainer.TARGET,
            prediction="prediction", score="score", favourable=trainer.FAVOURABLE, positive=trainer.FAVOURABLE,
            model=candidate.model,
        )
        try:
            verdict.require_allowed()
        except govern.GateDenied as denied:
            print(denied.message, file=sys.stderr)
            return 1
        print(f"{model.name} may go to production once its reviewers approve it: govern review show {model.name}")
        return 0


if __name__ == "__main__":
    sys.exit(main())
