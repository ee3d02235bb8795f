"""Model files: what skops may load, and pickles that are named and never loaded."""

import bz2
import gzip
import lzma
import os
import pickle
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from govern.errors import DataError, UnsafeModelError, UsageError
from govern.measure import check_model_file


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.witness),)


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    return tmp_path / "loaded"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("wrapped", [bytes, gzip.compress, bz2.compress, lzma.compress, zlib.compress])
def test_a_pickle_is_named_and_not_loaded(tmp_path: Path, witness: Path, protocol: int, wrapped):
    path = tmp_path / "model.bin"
    path.write_bytes(wrapped(pickle.dumps(Bomb(witness), protocol)))
    with pytest.raises(UnsafeModelError, match=rf"would have called: .*{os.mkdir.__module__}\.mkdir") as refused:
        check_model_file(path)
    assert "skops" in refused.value.hint
    assert not witness.exists()


def test_a_name_out_of_the_memo_is_found(tmp_path: Path):
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps([("posix", "system"), os.system, os.getcwd, os.system], 4))
    with pytest.raises(UnsafeModelError, match=r"posix\.getcwd, posix\.system"):
        check_model_file(path)


def test_a_pickle_in_a_zip_is_found(tmp_path: Path, witness: Path):
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(Bomb(witness), 2))
    with pytest.raises(UnsafeModelError, match=r"mkdir"):
        check_model_file(path)


def test_a_pickle_by_name_that_can_not_be_read_is_refused(tmp_path: Path):
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x00\x01 no pickle at all")
    with pytest.raises(UnsafeModelError, match="nothing that could be read"):
        check_model_file(path)


@pytest.mark.parametrize(("name", "data", "media_type"), [
    ("m.onnx", b"\x08\x07\x12\x04govern", "application/vnd.onnx"), ("m.json", b'[{"a": 1}]', "application/json"),
    ("m.txt", b"column,(value)", "text/plain"), ("m.bin", b"(not a pickle", "application/octet-stream"),
])
def test_other_formats_are_bytes(tmp_path: Path, name: str, data: bytes, media_type: str):
    (tmp_path / name).write_bytes(data)
    shape = check_model_file(tmp_path / name)
    assert (shape.media_type, shape.features) == (media_type, ())


def odd_class(rows: object) -> object:
    """A function that no list of safe types knows."""
    return rows


def test_skops_says_its_features(tmp_path: Path):
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [0.0, 1, 0, 1]})
    skops.io.dump(LogisticRegression().fit(frame, [0, 0, 1, 1]), tmp_path / "m.skops")
    assert check_model_file(tmp_path / "m.skops").features == ("a", "b")


def test_types_are_allowed_by_name_only(tmp_path: Path):
    from sklearn.preprocessing import FunctionTransformer

    skops.io.dump(FunctionTransformer(odd_class), tmp_path / "m.skops")
    with pytest.raises(UnsafeModelError, match=r"not allowed: .*odd_class") as refused:
        check_model_file(tmp_path / "m.skops", ("numpy.ndarray",))
    assert "allowed_types" in refused.value.hint
    name = refused.value.message.rpartition(": ")[2]
    assert check_model_file(tmp_path / "m.skops", (name,)).unknown_types == (name,)


def test_a_damaged_skops_file(tmp_path: Path):
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", '{"__class__": "x", ' + '"a": [' * 5000)
    with pytest.raises(DataError, match="not a skops file"):
        check_model_file(path)


def test_an_object_array_is_not_loaded(tmp_path: Path, witness: Path):
    """A .npy of objects holds a pickle; skops must not be talked into loading it."""
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4]})
    good, bad = tmp_path / "good.skops", tmp_path / "bad.skops"
    skops.io.dump(LogisticRegression().fit(frame, [0, 0, 1, 1]), good)
    np.save(tmp_path / "bomb.npy", np.array([Bomb(witness)], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for member in source.namelist():
            target.writestr(member, (tmp_path / "bomb.npy").read_bytes() if member.endswith(".npy") else source.read(member))
    with pytest.raises(DataError):
        check_model_file(bad)
    assert not witness.exists()


@pytest.mark.parametrize("name", ["weights.npy", "weights.bin"])
def test_an_array_of_objects_is_a_pickle(tmp_path: Path, witness: Path, name: str):
    np.save(tmp_path / "a.npy", np.array([Bomb(witness)], dtype=object), allow_pickle=True)
    (tmp_path / "a.npy").rename(tmp_path / name)
    with pytest.raises(UnsafeModelError, match=r"mkdir"):
        check_model_file(tmp_path / name)
    assert not witness.exists()


def test_an_array_with_a_field_of_objects_is_a_pickle(tmp_path: Path, witness: Path):
    records = np.array([(1.0, Bomb(witness))], dtype=[("a", "<f8"), ("b", "O")])
    np.savez(tmp_path / "a.npz", numbers=np.arange(3.0), records=records)
    with pytest.raises(UnsafeModelError, match=r"mkdir"):
        check_model_file(tmp_path / "a.npz")


def test_arrays_of_numbers_are_bytes(tmp_path: Path):
    np.save(tmp_path / "weights.npy", np.arange(9.0))
    np.savez(tmp_path / "weights.npz", a=np.arange(9.0), b=np.array([(1.0, 2)], dtype=[("OBJECT", "<f8"), ("b", "<i8")]))
    for name in ("weights.npy", "weights.npz"):
        assert check_model_file(tmp_path / name).features == ()


@pytest.mark.parametrize("member", ["extra.pkl", "extra.dat", "weights/0.bin"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_beside_a_skops_model_is_refused(tmp_path: Path, witness: Path, member: str, protocol: int):
    path = tmp_path / "m.skops"
    skops.io.dump(LogisticRegression().fit(pd.DataFrame({"a": [1.0, 2, 3, 4]}), [0, 0, 1, 1]), path)
    assert check_model_file(path).features == ("a",)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, pickle.dumps(Bomb(witness), protocol))
    with pytest.raises(UnsafeModelError, match=r"mkdir"):
        check_model_file(path)
    assert not witness.exists()


def test_no_file(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no model file"):
        check_model_file(tmp_path / "none.skops")
