"""alibi-detect's MMDDrift and ClassifierDrift, seeded, and reduced to counts."""

import warnings
from importlib.util import find_spec
from typing import Any

from govern.domain.evidence import JsonValue
from govern.measure.detectors.domain_classifier import made
from govern.measure.detectors.interface import Joint, NotAvailable
from govern.measure.detectors.joint import read_bandwidth
from govern.measure.detectors.mmd import median_bandwidth
from govern.measure.numbers import text
from govern.measure.statistics.mann_whitney import wins


def mmd(of: Any, asked: Joint) -> dict[str, JsonValue]:
    """MMDDrift by PyTorch, its bandwidth that of govern's own. Raises `NotAvailable` without PyTorch."""
    import numpy as np

    if find_spec("torch") is None:
        raise NotAvailable("alibi-detect's MMDDrift needs PyTorch, which is not installed; detector = \"scipy\" has an MMD by scikit-learn")
    import torch

    written = median_bandwidth(np.concatenate([asked.reference, asked.window]))
    torch.manual_seed(asked.seed)
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        torch.manual_seed(asked.seed)
        made_ = of.MMDDrift(
            asked.reference, backend="pytorch", sigma=np.array([read_bandwidth(written)]), n_permutations=asked.permutations,
            configure_kernel_from_x_ref=False, device="cpu",
        )
        data = made_.predict(asked.window)["data"]
    return {
        "name": "mmd", "by": "alibi-detect, pytorch", "mmd_squared": text(round(float(data["distance"]), 10)),
        "beyond": round(float(data["p_val"]) * asked.permutations), "permutations": asked.permutations, "bandwidth": written,
        "n_reference": len(asked.reference), "n_window": len(asked.window),
    }


def classifier(of: Any, asked: Joint) -> dict[str, JsonValue]:
    """ClassifierDrift by scikit-learn or PyTorch: half the rows to fit, half to judge, a binomial test of being right."""
    import numpy as np

    if asked.back_end == "pytorch":
        arguments, by = _torch_arguments(asked), "alibi-detect, pytorch"
    else:
        arguments, by = {"model": made(asked.seed), "backend": "sklearn"}, "alibi-detect, sklearn"
    with warnings.catch_warnings(), _Seeded(asked.seed):
        warnings.simplefilter("ignore")
        detector = of.ClassifierDrift(
            asked.reference.astype(np.float32), preds_type="probs", binarize_preds=True, train_size=0.5, **arguments,
        )
        data = detector.predict(asked.window.astype(np.float32))["data"]
    before, after = (np.round(np.asarray(data[key], dtype=float), 6) for key in ("probs_ref", "probs_test"))
    right = int((np.asarray(data["probs_ref"]).round() == 0).sum() + (np.asarray(data["probs_test"]).round() == 1).sum())
    return {
        "name": "classifier", "by": by, "n_fitted": len(asked.reference) + len(asked.window) - len(before) - len(after),
        "splits": [{**wins(before, after), "right": right}],
    }


def _torch_arguments(asked: Joint) -> dict[str, Any]:
    if find_spec("torch") is None:
        raise NotAvailable("the back end pytorch is asked for, and PyTorch is not installed")
    import torch
    from torch import nn

    torch.manual_seed(asked.seed)
    width = asked.reference.shape[1]
    model = nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, 2), nn.Softmax(dim=-1))
    return {"model": model, "backend": "pytorch", "epochs": 10, "learning_rate": 1e-2, "device": "cpu"}


class _Seeded:
    """alibi-detect splits by numpy's global generator: seed it, and put back what was there."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._before: Any = None

    def __enter__(self) -> None:
        import numpy as np

        self._before = np.random.get_state()  # noqa: NPY002 - it is that generator's state
        np.random.seed(self._seed)  # noqa: NPY002 - it is that generator's state

    def __exit__(self, *_: object) -> None:
        import numpy as np

        np.random.set_state(self._before)  # noqa: NPY002 - it is that generator's state
