"""The Python face: runs as context managers, typed answers, one exception for a denial, threads and forks."""

import multiprocessing
import os
import runpy
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import govern
from govern.domain.facts import ModelFact, RunFact
from govern.errors import GovernError, UsageError
from govern.face import Workspace as Face
from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies import policies
from govern.workflow.prove.verifying import verify

WORDS = {"purpose": "credit", "task": "binary-classification", "tier": "low", "owner": "lending"}


def asks(_: str) -> str:
    return "correct horse"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new workspace in the test's own home, with the baseline pack."""
    home = Home.default()
    with Workspace.create(tmp_path, passphrases=asks, home=home, origin="govern/face") as ws:
        policies.install(ws, "baseline", passphrases=asks)
    return tmp_path


@pytest.fixture
def skops_file(tmp_path: Path) -> Path:
    import skops.io
    from sklearn.linear_model import LogisticRegression

    path = tmp_path / "model.skops"
    skops.io.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), path)
    return path


def rows(path: Path, name: str = "rows.csv", extra: str = "") -> Path:
    file = path / name
    file.write_text(f"a,b\n1,2\n3,4\n{extra}")
    return file


def facts(face, kind):
    return [entry.fact for entry in face._ws.ledger.entries() if isinstance(entry.fact, kind)]


def test_a_run_records_itself_its_inputs_and_its_models_when_the_block_ends(folder, skops_file):
    with govern.open(folder, passphrases=asks) as face:
        face.record_system("credit", **WORDS)
        data = face.record_dataset(rows(folder), name="train")
        with face.run(system="credit", inputs=[data], parameters={"c": 1.5}, seeds={"fit": 7}) as run:
            run.log_metrics({"auc": 0.91})
            model = run.record_model(skops_file, name="credit")
            with pytest.raises(UsageError, match="not recorded"):
                _ = model.ref
        (recorded,) = facts(face, RunFact)
        assert (recorded.parameters, recorded.metrics, recorded.seeds) == ({"c": "1.5"}, {"auc": "0.91"}, {"fit": 7})
        assert [one.digest for one in recorded.inputs] == [data.digest]
        assert recorded.outcome == "completed"
        assert facts(face, ModelFact)[0].run == run.recorded.digest
        assert model.name == "credit@1"
        assert verify(face._ws, full=True).outcome == "verified"


def test_a_run_that_fails_is_recorded_as_failed_and_its_models_are_not(folder, skops_file):
    with govern.open(folder, passphrases=asks) as face:
        face.record_system("credit", **WORDS)
        def work():
            with face.run(system="credit") as run:
                made.append(run.record_model(skops_file, name="credit"))
                return 1 / 0

        made = []
        with pytest.raises(ZeroDivisionError):
            work()
        assert [fact.outcome for fact in facts(face, RunFact)] == ["failed"]
        assert facts(face, ModelFact) == []
        with pytest.raises(UsageError, match="not recorded"):
            _ = made[0].ref


def test_a_model_that_changed_after_it_was_recorded_is_refused(folder, skops_file):
    with govern.open(folder, passphrases=asks) as face:
        face.record_system("credit", **WORDS)
        def work():
            with face.run(system="credit") as run:
                run.record_model(skops_file, name="credit")
                skops_file.write_bytes(skops_file.read_bytes() + b"\0")

        with pytest.raises(UsageError, match="changed after"):
            work()
        assert facts(face, ModelFact) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_a_metric_that_is_no_finite_number_is_refused(folder, value):
    with govern.open(folder, passphrases=asks) as face:
        face.record_system("credit", **WORDS)
        with pytest.raises(UsageError, match="finite"), face.run(system="credit") as run:
            run.log_metrics({"auc": value})


def test_misspelt_words_are_usage_errors(folder, skops_file):
    with govern.open(folder, passphrases=asks) as face:
        with pytest.raises(UsageError, match="not described so"):
            face.record_system("credit", porpose="credit")
        with pytest.raises(UsageError, match="not asked so"):
            face.gate("credit@1", to="production", data=skops_file, tagret="y")
    with pytest.raises(UsageError, match="not a workspace"):
        govern.open(folder / "nowhere")


def test_threads_write_one_after_the_other_and_the_ledger_verifies(folder):
    with govern.open(folder, passphrases=asks) as face:
        wrong: list[Exception] = []

        def work(number: int) -> None:
            try:
                for turn in range(3):
                    face.record_dataset(rows(folder, f"{number}-{turn}.csv", f"{number},{turn}\n"), name="rows")
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                wrong.append(error)
            finally:
                face.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        versions = [record.fact.version for record in face._ws.state().datasets.values()]
        assert sorted(versions, key=int) == [str(number) for number in range(1, 13)]
        assert verify(face._ws, full=True).outcome == "verified"


def test_eight_threads_each_with_a_run_of_its_own_on_one_face(folder, skops_file):
    with govern.open(folder, passphrases=asks) as face:
        face.record_system("credit", **WORDS)
        data = face.record_dataset(rows(folder), name="train")

        def work(number: int) -> str:
            with face.run(system="credit", inputs=[data], name=f"fit-{number}", seeds={"fit": number}) as run:
                path = folder / f"model-{number}.skops"
                path.write_bytes(skops_file.read_bytes() + bytes(number))
                model = run.record_model(path, name="credit")
            return model.name

        with ThreadPoolExecutor(8) as pool:
            names = list(pool.map(work, range(8)))
        assert sorted(names) == [f"credit@{number}" for number in range(1, 9)]
        assert sorted(fact.name for fact in facts(face, RunFact)) == [f"fit-{number}" for number in range(8)]
        runs = {record.digest: record.fact.name for record in face._ws.state().runs.values()}
        made = {record.name: runs[record.fact.run] for record in face._ws.state().models.values()}
        assert made == {name: f"fit-{number}" for number, name in enumerate(names)}
        assert verify(face._ws, full=True).outcome == "verified"


def test_contexts_inside_one_another_keep_apart(folder):
    with govern.open(folder, passphrases=asks) as outer:
        outer.record_system("credit", **WORDS)
        with govern.open(folder, passphrases=asks) as other, outer.run(system="credit", name="outer") as run, other.run(
            system="credit", name="inner", parameters={"of": run.name}
        ) as inner:
            inner.log_metrics({"auc": "0.5"})
            run.log_metrics({"auc": "0.6"})
        with outer:
            pass  # the same face once more: closed here, and open again at its next call
        found = {fact.name: (fact.metrics, fact.outcome) for fact in facts(outer, RunFact)}
        assert found == {"inner": ({"auc": "0.5"}, "completed"), "outer": ({"auc": "0.6"}, "completed")}
        with pytest.raises(UsageError, match="was begun before"), run:
            pass
        with pytest.raises(UsageError, match="not going on"):
            inner.record_model(rows(folder), name="credit")


def test_the_exception_of_a_block_goes_on_even_where_its_run_can_not_be_recorded(folder):
    with govern.open(folder, passphrases=asks) as face:
        face.record_system("credit", **WORDS)
        with pytest.raises(KeyboardInterrupt), face.run(system="credit"):
            raise KeyboardInterrupt
        assert [fact.outcome for fact in facts(face, RunFact)] == ["aborted"]
        with pytest.raises(ZeroDivisionError) as raised, face.run(system="nobody"):
            raise ZeroDivisionError
        assert "could not record the run" in raised.value.__notes__[0]
        with pytest.raises(GovernError), face.run(system="nobody"):
            pass


def forked(folder: str, number: int) -> None:
    """What a worker that was forked from a process with an open face does with it: by a connection of its own."""
    if OPEN[folder]._ws is HELD[folder]:
        sys.exit(3)
    OPEN[folder].record_dataset(rows(Path(folder), f"child-{number}.csv", f"{number},9\n"), name="child")


OPEN: dict[str, Face] = {}
HELD: dict[str, Workspace] = {}


def test_workers_forked_after_use_write_with_the_face_that_they_inherited(folder):
    with govern.open(folder, passphrases=asks) as face:
        face.record_dataset(rows(folder), name="before")
        OPEN[str(folder)], HELD[str(folder)] = face, face._ws
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=forked, args=(str(folder), number)) for number in range(4)]
        for worker in workers:
            worker.start()
        face.record_dataset(rows(folder, "meanwhile.csv", "7,8\n"), name="meanwhile")
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0] * 4
        names = {record.name for record in face._ws.state().datasets.values()}
        assert names == {"before@1", "meanwhile@1", *(f"child@{number}" for number in range(1, 5))}
        assert verify(face._ws, full=True).outcome == "verified"


def test_a_fork_works_with_a_connection_of_its_own(folder):
    with govern.open(folder, passphrases=asks) as face:
        face.record_dataset(rows(folder), name="before")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                face.record_dataset(rows(folder, "child.csv", "5,6\n"), name="child")
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        face.record_dataset(rows(folder, "after.csv", "7,8\n"), name="after")
        assert {record.name for record in face._ws.state().datasets.values()} == {"before@1", "child@1", "after@1"}
        assert verify(face._ws, full=True).outcome == "verified"


def test_the_commit_and_whether_the_tree_is_clean_are_found(repository, tmp_path):
    from govern.face import revision

    commit, _ = revision(repository)
    assert commit.startswith("gitCommit:") or not (repository / ".git").exists()
    assert revision(tmp_path) == ("", False)


@pytest.mark.parametrize(("candidate", "code"), [("1", 1), ("2", 0)])
def test_the_example_pipeline_is_denied_for_bias_and_allowed_without_it(
    folder, candidate, code, repository, monkeypatch, capsys, tmp_path
):
    secret = tmp_path / "secret.txt"
    secret.write_text("correct horse\n")
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(secret))
    monkeypatch.setattr(sys, "path", [str(repository / "sample_data"), *sys.path])
    monkeypatch.setattr(sys, "argv", ["pipeline.py", "--workspace", str(folder), "--candidate", candidate])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(repository / "sample_data" / "pipeline.py"), run_name="__main__")
    out, err = capsys.readouterr()
    assert ended.value.code == code, err
    assert ("denied at promote:production" in err) is bool(code)
    assert ("once its reviewers approve it" in out) is not bool(code)


def test_whatever_a_pipeline_meets_is_of_one_kind_and_a_denial_of_its_own():
    assert issubclass(govern.GateDenied, govern.GovernError)
    with pytest.raises(govern.GovernError, match="is not a workspace"):
        govern.open("/nowhere")
