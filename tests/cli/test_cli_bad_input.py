"""Bad input: each gets one clear error that says what to do, its exit code, no traceback, and a ledger that verifies."""

import math
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import Sample
from cli.runner import Ran, finished, govern, process

ROWS = "sex,group,income,repaid,prediction,score\n" + "".join(
    f"{'FM'[i % 2]},{'ab'[i // 2 % 2]},{1000 + i},{int(i % 3 > 0)},{int(i % 4 > 0)},0.{i % 10}5\n" for i in range(200)
)


@pytest.fixture
def verified(line: Path) -> Iterator[Path]:
    """A workspace that must verify after whatever the test does, with nothing added to it."""
    before = govern("checkpoint").out
    yield line
    assert govern("checkpoint").out == before
    govern("verify", "--full").ended(0)


def told(ran: Ran, code: int, *says: str) -> None:
    """Assert one error of at most two sentences, its code, and that it says what happened and what to do."""
    ran.ended(code)
    first, *rest = ran.err.splitlines()
    assert first.startswith("govern: ")
    assert rest, "it must say what to do"
    for word in says:
        assert word.lower() in ran.err.lower(), ran.err


def changed(path: Path, old: str, new: str) -> Path:
    """A copy of the ordinary rows with something replaced."""
    path.write_text(ROWS.replace(old, new))
    return path


GATE = ("gate", "credit@2", "--to", "production")
COLUMNS = ("--target", "repaid", "--prediction", "prediction", "--score", "score", "--favourable", "1", "--positive", "1")


def test_missing_files(verified: Path, sample: Sample):
    told(govern(*GATE, "--data", "nowhere.csv", *COLUMNS), 2, "nowhere.csv", "is not there")
    told(govern(*GATE, "--data", ".", *COLUMNS), 2, "folder")
    told(govern("record", "dataset", "nowhere.csv", "--name", "x"), 2, "nowhere.csv")
    told(govern("record", "model", "nowhere.skops", "--name", "x", "--system", "credit"), 2, "nowhere.skops")
    told(govern("measure", "--data", "nowhere.csv", "--target", "x"), 2, "nowhere.csv")
    told(govern("verify", "nowhere.pdf", "--trust", "nowhere.json"), 2, "nowhere.pdf")
    told(govern("verify", sample.folder / "train.csv", "--trust", "nowhere.json"), 2, "nowhere.json")


def test_a_category_is_left_out_of_ratios_by_name_and_reason_alone(tmp_path: Path):
    data = tmp_path / "rows.csv"
    rows = [f"{race},{number % 2}" for race, count in (("A", 600), ("B", 390), ("C", 10)) for number in range(count)]
    data.write_text("\n".join(["race,hired", *rows]) + "\n", encoding="utf-8")
    asked = ("measure", "--data", data, "--protected", "race", "--target", "hired", "--favourable", "1", "--measures", "impact_ratio", "--with")
    small = govern(*asked, 'leave_out={"race": {"C": "ten people"}}').ended(0).out
    assert "C is left out of the ratios: 10 rows" in small
    assert "ten people" in small
    large = govern(*asked, 'leave_out={"race": {"B": "we would rather not"}}').ended(0).out
    assert "INCONCLUSIVE" in large
    assert "390 of 1000 rows" in large
    told(govern(*asked, 'leave_out={"race": {"C": ""}}'), 2, "gives no reason", "“C”")


def test_a_missing_column_is_named(verified: Path, tmp_path: Path):
    data = changed(tmp_path / "rows.csv", "repaid", "paid")
    told(govern(*GATE, "--data", data, *COLUMNS, "--protected", "sex"), 2, "repaid", "paid")
    told(govern("measure", "--data", data, "--target", "paid", "--protected", "colour"), 2, "colour")


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.csv", ""), ("heads.csv", ROWS.splitlines()[0] + "\n"), ("binary.csv", "\x00\x01\x02"), ("rows.parquet", "not parquet")],
)
def test_a_frame_without_rows_or_of_another_type(verified: Path, tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content)
    ran = govern(*GATE, "--data", tmp_path / name, *COLUMNS)
    assert ran.code in {2, 4}
    told(ran, ran.code, name)


def test_a_column_that_can_t_be_compared_is_shown_with_its_reason(tmp_path: Path):
    for name, start in (("before", 0), ("after", 5000)):
        rows = [f"c{number + start},{number % 7}" for number in range(20_000)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["code,level", *rows]))
    ran = govern("measure", "--data", tmp_path / "after.csv", "--reference", tmp_path / "before.csv", "--measures", "covariate_drift")
    assert "  code: free text or an identifier" in ran.ended(0).out


def test_a_type_that_can_t_be_measured(verified: Path, tmp_path: Path):
    (tmp_path / "rows.xlsx").write_bytes(b"PK\x03\x04")
    ran = govern("measure", "--data", tmp_path / "rows.xlsx", "--target", "repaid", "--protected", "sex")
    assert ran.code in {2, 4}
    told(ran, ran.code, "xlsx")


def test_a_score_that_is_text(verified: Path, tmp_path: Path):
    data = changed(tmp_path / "rows.csv", "0.15", "high")
    ran = govern(*GATE, "--data", data, *COLUMNS)
    assert ran.code in {2, 4}
    told(ran, ran.code, "score")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_nan_and_infinity_never_allow(line: Path, tmp_path: Path, number: str):
    assert not math.isfinite(float(number))
    data = changed(tmp_path / "rows.csv", "0.15", number)
    ran = govern(*GATE, "--data", data, *COLUMNS)
    assert ran.code in {1, 2, 3, 4}, ran.out
    govern("verify").ended(0)


@pytest.mark.parametrize(
    ("why", "old", "new"),
    [("one class only", ",1,", ",0,"), ("one group only", "F,", "M,")],
)
def test_one_class_or_one_group_never_allows(line: Path, tmp_path: Path, why: str, old: str, new: str):
    data = changed(tmp_path / "rows.csv", old, new)
    ran = govern(*GATE, "--data", data, *COLUMNS, "--protected", "sex")
    assert ran.code in {1, 3, 4}, f"{why}: {ran.out}"
    assert ran.out.startswith("✗ DENY") or ran.err.startswith("govern: ")
    govern("verify").ended(0)


def test_a_pickle_is_never_loaded(verified: Path, tmp_path: Path):
    import pickle

    class Bad:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "executed"),)

    for name in ("model.skops", "model.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps(Bad()))
        ran = govern("record", "model", tmp_path / name, "--name", "bad", "--system", "credit")
        assert ran.code in {1, 2, 4}
        told(ran, ran.code, "pickle")
        assert "mkdir" in ran.err, "it says what the file would have called"
    assert not (tmp_path / "executed").exists()


def test_a_corrupt_database(line: Path):
    database = line / ".govern" / "ledger.db"
    for extra in line.glob(".govern/ledger.db-*"):
        extra.unlink()
    database.write_bytes(b"SQLite format 3\x00" + os.urandom(8192))
    for words in (["status"], ["log"], ["verify"], ["record", "system", "x", "--purpose", "p", "--owner", "o"]):
        ran = govern(*words)
        assert ran.code in {1, 4}, words
        told(ran, ran.code)


def test_a_cut_database(line: Path):
    database = line / ".govern" / "ledger.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with database.open("r+b") as file:
        file.truncate(database.stat().st_size // 2)
    ran = govern("verify", "--full")
    assert ran.code in {1, 4}
    assert ran.err.startswith("govern: ") or ran.out.startswith(("✗", "?"))


def test_a_missing_database(line: Path):
    (line / ".govern" / "ledger.db").unlink()
    ran = govern("status")
    assert ran.code == 4
    told(ran, 4, "ledger")


def test_an_unknown_key_and_a_key_without_the_role(verified: Path):
    told(govern("record", "system", "x", "--purpose", "p", "--owner", "o", "--as", "nobody"), 4, "nobody", "pipeline")
    told(govern("record", "system", "x", "--purpose", "p", "--owner", "o", "--as", "reviewer"), 1, "recorder")
    told(govern("review", "approve", "credit@2", "--reason", "yes", "--as", "pipeline"), 1)
    told(govern("review", "approve", "credit@2", "--reason", "yes"), 2, "--as")


def test_a_key_that_was_never_enrolled(verified: Path):
    govern("key", "new", "stranger").ended(0)
    told(govern("record", "system", "x", "--purpose", "p", "--owner", "o", "--as", "stranger"), 1, "trust root", "enrol")


POLICY = """apiVersion: govern/v1
kind: Policy
metadata: {name: strict, version: 1.0.0, title: A title, owner: model-risk}
applies_to: {purpose: [credit]}
rules:
  - id: FAIR-001
    title: Impact ratio
    measure: impact_ratio@1
    with: {attributes: [sex], reference: highest}
    assert: {value: ratio, op: ">=", threshold: "0.8"}
    over: {each: group, need: 2}
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    title: Impact", "    tilte: Impact", "tilte"), ('threshold: "0.8"', "threshold: high", "high"),
        ('threshold: "0.8"', 'threshold: ".nan"', "nan"), ("rules:", "rules: []\nrules:", "rules"),
        ("kind: Policy", "kind: Police", "Police"), ("rules:", "rules: [", "not YAML"), ("  - id: FAIR-001", "  - id: FAIR 001", "id"),
    ],
)
def test_a_policy_with_an_unknown_key_or_a_bad_number(verified: Path, tmp_path: Path, old: str, new: str, says: str):
    assert old in POLICY
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "policy.yaml").write_text(POLICY.replace(old, new, 1))
    (folder / "binding.yaml").write_text("")
    told(govern("policy", "lint", folder / "policy.yaml"), 2, says, "policy.yaml:")
    told(govern("policy", "install", folder), 2, says, "policy.yaml:")


def test_a_policy_that_asks_for_a_measure_that_is_not_there(tmp_path: Path):
    assert "impact_ratio@1" in POLICY
    (tmp_path / "policy.yaml").write_text(POLICY.replace("impact_ratio@1", "impact_ratio@9", 1))
    told(govern("policy", "lint", tmp_path / "policy.yaml"), 2, "impact_ratio@9", "Did you mean impact_ratio@1", "policy.yaml")


def test_bad_references(verified: Path):
    told(govern("show", "credit@9"), 2, "credit@9")
    told(govern("show", "#999"), 2, "#999")
    told(govern("show", "sha256:12"), 2)
    told(govern("gate", "other@1", "--to", "production"), 2, "other@1")
    told(govern("gate", "credit@2", "--to", "moon"), 2, "moon", "production")
    told(govern("deploy", "credit@2", "--to", "moon"), 2, "moon")
    told(govern("lineage", "nothing@1"), 2)
    told(govern("replay", "#1"), 2)
    told(govern("status", "--as-of", "yesterday"), 2, "yesterday")


def test_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    told(govern("status"), 2, "govern init")
    told(govern("--workspace", tmp_path / "none", "status"), 2, "none")
    monkeypatch.setenv("GOVERN_WORKSPACE", str(tmp_path / "named"))
    told(govern("status"), 2, "named")


def test_a_second_workspace_in_one_folder(verified: Path):
    told(govern("init"), 2, "already")


@pytest.mark.parametrize(
    ("old", "new"), [('detector = "scipy"', 'detector = "best"'), ('detector = "scipy"', "detector ="), ("[keys]", "[kyes]")]
)
def test_a_configuration_that_is_wrong(line: Path, old: str, new: str):
    config = line / ".govern" / "config.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    told(govern("status"), 2, "config.toml")
    config.write_text(text)
    govern("verify").ended(0)


READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'


def test_a_workspace_that_can_only_be_read(line: Path):
    words = ["record", "system", "x", "--purpose", "p", "--owner", "o"]
    if os.geteuid() == 0:  # whom permissions do not hold back
        shell = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(line)]
        if subprocess.run([*shell, "true"], capture_output=True).returncode:
            pytest.skip("root may not mount here, and no permission holds root back")
        ran = finished(process(*words, folder=line, before=shell), words)
    else:
        folders = [line, *(path for path in line.rglob("*"))]
        for path in folders:
            path.chmod(0o555 if path.is_dir() else 0o444)
        ran = finished(process(*words, folder=line), words)
        for path in folders:
            path.chmod(0o755 if path.is_dir() else 0o644)
    told(ran, 4, "read")
    govern("verify", "--full").ended(0)


def test_a_full_disk(line: Path, sample: Sample):
    size = (line / ".govern" / "ledger.db").stat().st_size

    def full() -> None:
        # Python ignores SIGXFSZ, so a write past this size fails as on a disk that is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    before = govern("checkpoint").out
    words = ["record", "system", "x", "--purpose", "p", "--owner", "o"]
    ran = finished(process(*words, folder=line, preexec_fn=full), words)
    told(ran, 4)
    assert govern("checkpoint").out == before
    assert (line / ".govern" / "ledger.db").stat().st_size == size
    govern("verify", "--full").ended(0)
    govern(*words).ended(0)


def test_a_report_that_can_t_be_written_does_not_change_what_was_recorded(line: Path, sample: Sample):
    ran = govern(*sample.gate("1", "--junit", line / "no" / "such" / "junit.xml"))
    ran.ended(4)
    assert "junit.xml can't be written" in ran.err
    assert govern("log", "--kind", "decision", "--json").document["entries"][-1]["subject"] == "credit@1"
    govern("verify").ended(0)


def test_a_pack_that_is_none(line: Path, tmp_path: Path):
    root = tmp_path / "root.json"
    govern("trust", "show", "-o", root).ended(0)
    for name, content in {"empty.pdf": b"", "text.pdf": b"hello", "cut.pdf": b"%PDF-1.7\n1 0 obj\n<<"}.items():
        (tmp_path / name).write_bytes(content)
        ran = govern("verify", tmp_path / name, "--trust", root)
        assert ran.code in {1, 2, 4}
        assert ran.err.startswith("govern: ") or ran.out.startswith(("✗", "?"))


def test_a_changed_entry_is_found_and_named(line: Path):
    database = line / ".govern" / "ledger.db"
    shutil.copy(database, database.with_suffix(".before"))
    with sqlite3.connect(database) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        table, column = _leaf_column(connection)
        (leaf,) = connection.execute(f"SELECT {column} FROM {table} WHERE rowid = 6").fetchone()
        middle = len(leaf) // 2
        changed_leaf = leaf[:middle] + bytes([leaf[middle] ^ 1]) + leaf[middle + 1 :]
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = 6", (changed_leaf,))
    connection.close()
    ran = govern("verify", "--full").ended(1)
    assert "✗ WRONG" in ran.out
    assert "entry #" in ran.out
    assert govern("verify", "--full", "--json").ended(1).document["verification"]["index"] is not None


def _leaf_column(connection: sqlite3.Connection) -> tuple[str, str]:
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for column in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
            if column[1] == "leaf":
                return table, "leaf"
    message = "no table keeps leaves"
    raise AssertionError(message)
