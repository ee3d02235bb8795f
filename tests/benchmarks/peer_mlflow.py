"""The peer of `bench_ledger.py`: the same runs in MLflow's tracking store on SQLite, unsigned. Runs in MLflow's own environment.

`python peer_mlflow.py DATABASE COUNT` prints, as JSON, the version and the seconds that each run took.
"""

import json
import logging
import sys
import time

logging.disable(logging.INFO)
import mlflow  # noqa: E402
from mlflow.entities import Metric, Param, RunTag  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402


def main(database: str, count: int) -> None:
    """Record runs one after the other, each durable before the next."""
    client = MlflowClient(tracking_uri=f"sqlite:///{database}")
    experiment = client.create_experiment("peer")
    taken = []
    for number in range(count):
        begun = time.perf_counter()
        run = client.create_run(experiment, run_name=f"fit-{number}")
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(f"metric_{one}", 0.5 + number / 1000, 1_760_000_000_000, 0) for one in range(5)],
            params=[Param(f"parameter_{one}", str(number * one)) for one in range(10)],
            tags=[RunTag("code", "sha256:" + "0" * 64), RunTag("data", "sha256:" + "1" * 64)],
        )
        client.set_terminated(run.info.run_id)
        taken.append(time.perf_counter() - begun)
    print(json.dumps({"version": mlflow.__version__, "seconds": taken}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
