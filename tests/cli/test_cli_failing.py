"""Whatever happens, a person gets sentences and an exit code, and never a traceback."""

import errno
from pathlib import Path

import pytest
import typer
from cli.runner import govern

from govern import errors
from govern.cli import failing
from govern.cli.session import Session, command
from govern.cli.speak import Voice
from govern.errors import ExitCode, GovernError


def leaves(kind: type[GovernError]) -> list[type[GovernError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]


@pytest.mark.parametrize("kind", leaves(GovernError), ids=lambda kind: kind.__name__)
def test_every_error_says_both_sentences_and_ends_with_its_code(kind: type[GovernError], capsys: pytest.CaptureFixture[str]):
    code = failing.answer(kind("this happened", "do that"), Voice())
    said = capsys.readouterr()
    assert code == kind.code
    assert said.err == "govern: this happened\n  do that\n"
    assert said.out == ""


def test_the_codes_are_those_of_the_documentation():
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0, "REFUSED": 1, "USAGE": 2, "INCONCLUSIVE": 3, "ERROR": 4, "INTERRUPTED": 130
    }


def test_a_fault_leaves_a_log_without_the_values_of_variables(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOVERN_HOME", str(tmp_path / "home"))

    def faulty() -> None:
        passphrase = "do-not-" + "tell"
        raise RuntimeError(len(passphrase))

    with pytest.raises(RuntimeError) as caught:
        faulty()
    assert failing.answer(caught.value, Voice()) == ExitCode.ERROR
    (log,) = (tmp_path / "home" / "logs").iterdir()
    said = capsys.readouterr().err
    assert str(log) in said
    assert "Traceback" not in said
    kept = log.read_text()
    assert "Traceback" in kept
    assert "faulty" in kept
    assert "do-not-tell" not in kept
    assert log.stat().st_mode & 0o077 == 0


def test_a_fault_without_a_place_for_its_log_still_ends_in_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GOVERN_HOME", str(tmp_path / "file" / "below"))
    assert failing.answer(RuntimeError("odd"), Voice()) == ExitCode.ERROR
    assert "no log file could be written" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_fault_of_the_disk_is_named_and_says_what_to_do(number: int, capsys: pytest.CaptureFixture[str]):
    code = failing.answer(OSError(number, "words of the system", "some/file"), Voice())
    said = capsys.readouterr().err.splitlines()
    assert code == ExitCode.ERROR
    assert "some/file" in said[0]
    assert len(said) == 2


def test_an_error_as_json_is_one_document(capsys: pytest.CaptureFixture[str]):
    error = errors.VerificationError("it is wrong", "look", step=2, index=7, kind="changed", touches=("credit@1",))
    assert failing.answer(error, Voice(as_json=True)) == ExitCode.REFUSED
    import json

    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "govern/error/v1"
    assert (document["index"], document["step"], document["touches"]) == (7, 2, ["credit@1"])
    assert document["exit_code"] == 1


def test_control_characters_in_an_error_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]):
    failing.answer(errors.UsageError("named \x1b[2J", "try \u202e"), Voice())
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\u202e" not in said


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (errors.Interrupted("stopped"), 130), (errors.Refused("no"), 1), (ValueError("odd"), 4), (MemoryError(), 4)],
    ids=lambda value: type(value).__name__,
)
def test_a_command_that_raises_ends_with_the_code(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]):
    app = typer.Typer()

    @app.callback()
    def _root() -> None: ...

    def broken(session: Session) -> None:
        del session
        raise error

    command(app, "broken")(broken)
    with pytest.raises(SystemExit) as ended:
        app(args=["broken"])
    assert ended.value.code == code
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nonsense"], "nonsense"), (["status", "--nonsense"], "--nonsense"), (["gate"], "MODEL"), (["gate", "credit@1"], "--to"),
        (["gate", "credit@1", "--to", ""], "--to"), (["gate", "credit@1", "--to", "production", "--target", " "], "--target"),
        (["log", "--limit", "many"], "--limit"), (["log", "--limit", "0"], "--limit"), (["key"], "Usage"),
        (["review", "reject", "credit@1"], "--reason"),
    ],
    ids=" ".join,
)
def test_wrong_words_are_a_usage_error_with_a_pointer_to_help(place: Path, words: list[str], says: str):
    ran = govern(*words).ended(2)
    assert says in ran.err
    assert "--help" in ran.err or "Usage" in ran.err
    assert ran.out == ""


def test_wrong_words_as_json_are_a_document_too(place: Path):
    document = govern("gate", "--json").ended(2).document
    assert document["schema"] == "govern/error/v1"
    assert document["exit_code"] == 2
