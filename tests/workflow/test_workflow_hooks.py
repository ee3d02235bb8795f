"""Hooks: signed, bounded in time, tried again, and never the reason that an observation is lost."""

import hmac
import json
import shutil
import sys
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from workflow.conftest import Story
from workflow.test_workflow_monitor import window

from govern.errors import DocumentError, StorageError
from govern.trust.home import Home
from govern.workflow.monitor import hooks, monitoring
from govern.workflow.place.config import read_config
from govern.workflow.place.workspace import Workspace
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

SECRET = b"a shared secret"


class Receiver:
    """A real server on loopback that answers as it is told and remembers what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.hang = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                code = receiver.answers.pop(0) if receiver.answers else 204
                if code == 0:
                    receiver.hang.wait(10)
                    return
                self.send_response(code)
                if code == 307:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setattr(hooks, "PAUSE", 0.01)
    made = Receiver()
    yield made
    made.close()


def with_hooks(folder: Path, text: str) -> Path:
    config = folder / "config.toml"
    config.write_text(config.read_text() + text)
    return folder


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    Workspace.create(folder, passphrases=lambda _: "correct horse", home=Home.at(folder / "home")).close()
    return folder


@pytest.fixture
def hooked(tmp_path, empty):
    def make(text: str) -> Workspace:
        shutil.copytree(empty / ".govern", tmp_path / ".govern")
        (tmp_path / ".govern" / "secret").write_bytes(SECRET + b"\n")
        with_hooks(tmp_path / ".govern", text)
        return Workspace.open(tmp_path)

    return make


def webhook(url: str, more: str = "") -> str:
    return f'\n[[hooks]]\nname = "retrain"\non = ["drift"]\nurl = "{url}"\nsecret_file = "secret"\ntimeout_seconds = 1\n{more}'


def command(code: str, more: str = "") -> str:
    return f'\n[[hooks]]\nname = "alert"\non = ["drift"]\ncommand = {json.dumps([sys.executable, "-c", code])}\n{more}'


def notes(ws) -> list[dict]:
    return [json.loads(file.read_bytes()) for file in sorted((ws.folder / "outbox").glob("*.told"))]


def test_a_webhook_is_signed_over_time_and_body_and_noted(hooked, receiver):
    ws = hooked(webhook(receiver.url))
    (delivery,) = hooks.notify(ws, ("observation", "drift"), {"model": "credit@2"})
    ((headers, body),) = receiver.got
    signed = headers[hooks.TIMESTAMP].encode() + b"." + body
    assert headers[hooks.SIGNATURE] == "sha256=" + hmac.new(SECRET, signed, sha256).hexdigest()
    assert json.loads(body)["model"] == "credit@2"
    assert headers[hooks.DELIVERY] == delivery.event
    assert [(note["delivered"], note["attempts"]) for note in notes(ws)] == [(True, 1)]
    assert hooks.waiting(ws) == ()


def test_what_no_hook_asked_for_goes_nowhere(hooked, receiver):
    ws = hooked(webhook(receiver.url))
    assert hooks.notify(ws, ("observation",), {}) == ()
    assert receiver.got == []


def test_a_receiver_that_fails_is_tried_again_with_the_same_delivery(hooked, receiver):
    receiver.answers = [500, 503]
    (delivery,) = hooks.notify(hooked(webhook(receiver.url)), ("drift",), {})
    assert (delivery.delivered, delivery.attempts) == (True, 3)
    assert len({headers[hooks.DELIVERY] for headers, _ in receiver.got}) == 1


def test_a_redirect_is_not_followed(hooked, receiver):
    receiver.answers = [307]
    (delivery,) = hooks.notify(hooked(webhook(receiver.url, "attempts = 1\n")), ("drift",), {})
    assert not delivery.delivered
    assert "307" in delivery.detail
    assert len(receiver.got) == 1


def test_a_hook_that_hangs_is_left_after_its_time_and_its_event_is_delivered_later(hooked, receiver):
    receiver.answers = [0]
    ws = hooked(webhook(receiver.url, "attempts = 1\n"))
    start = time.monotonic()
    (delivery,) = hooks.notify(ws, ("drift",), {"n": 1})
    assert time.monotonic() - start < 5
    assert not delivery.delivered
    assert [event["n"] for event in hooks.events(ws)] == [1]
    receiver.hang.set()
    both = hooks.notify(ws, ("drift",), {"n": 2})
    assert [one.delivered for one in both] == [True, True]
    assert [json.loads(body)["n"] for _, body in receiver.got] == [1, 1, 2]
    assert hooks.waiting(ws) == ()


def test_a_server_that_is_not_there_loses_nothing(hooked):
    ws = hooked(webhook("http://127.0.0.1:9/", "attempts = 1\n"))
    (delivery,) = hooks.notify(ws, ("drift",), {})
    assert not delivery.delivered
    assert len(hooks.waiting(ws)) == 1


def test_a_missing_secret_sends_nothing_unsigned(hooked, receiver):
    ws = hooked(webhook(receiver.url, "attempts = 1\n"))
    (ws.folder / "secret").unlink()
    (delivery,) = hooks.notify(ws, ("drift",), {})
    assert not delivery.delivered
    assert receiver.got == []


def test_a_command_gets_the_event_and_its_failure_is_noted(hooked, tmp_path, monkeypatch):
    monkeypatch.setattr(hooks, "PAUSE", 0.01)
    out = tmp_path / "out.json"
    ws = hooked(command(f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"))
    assert hooks.notify(ws, ("drift",), {"n": 1})[0].delivered
    assert json.loads(out.read_text())["n"] == 1
    ws.close()


def test_what_a_failed_command_said_is_shown_and_kept_nowhere(hooked, monkeypatch):
    monkeypatch.setattr(hooks, "PAUSE", 0.01)
    ws = hooked(command("import sys; print('token=hunter2'); sys.exit('password=hunter2')"))
    (delivery,) = hooks.notify(ws, ("drift",), {})
    assert (delivery.delivered, delivery.attempts) == (False, 3)
    assert (delivery.detail, delivery.said) == ("exit code 1", "password=hunter2")
    assert not [file for file in (ws.folder / "outbox").iterdir() if b"hunter2" in file.read_bytes()]


@pytest.mark.parametrize(("hook", "detail"), [
    (webhook("http://127.0.0.1:9/?token=hunter2"), "not reached: Connection refused"),
    (webhook("http://127.0.0.1:hunter2/"), "not reached: InvalidURL"),
    (webhook("http://127.0.0.1:9/").replace('"secret"', '"nowhere"'), "the secret can't be read: No such file or directory"),
    (command("").replace(sys.executable, "/nowhere/hunter2"), "the command can't be run: No such file or directory"),
])
def test_why_nobody_was_told_is_said_in_words_that_hold_no_secret(hooked, hook, detail):
    (delivery,) = hooks.notify(hooked(hook + "\nattempts = 1\n"), ("drift",), {})
    assert (delivery.delivered, delivery.detail, delivery.said) == (False, detail, "")


def test_a_child_that_outlives_its_command_holds_nobody_up(hooked):
    child = "import time; time.sleep(30)"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)"
    start = time.monotonic()
    (delivery,) = hooks.notify(hooked(command(code, "timeout_seconds = 10\n")), ("drift",), {})
    assert delivery.delivered
    assert time.monotonic() - start < 9


def test_several_who_deliver_at_once_lose_nothing_and_do_not_stumble(hooked, receiver):
    receiver.answers = [500] * 10
    ws = hooked(webhook(receiver.url, "attempts = 1\n"))
    for number in range(10):
        tried = hooks.notify(ws, ("drift",), {"n": number})
        assert [one.delivered for one in tried] == [False], "a hook that fails is left for this time"
    receiver.got.clear()
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            hooks.deliver(Workspace.open(ws.folder.parent))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert {json.loads(body)["n"] for _, body in receiver.got} == set(range(10))
    assert hooks.waiting(ws) == ()
    assert [note["delivered"] for note in notes(ws)] == [True] * 10


def test_a_command_that_hangs_is_ended_with_its_children(hooked, tmp_path):
    marker = tmp_path / "survived"
    child = f"import time; time.sleep(2); open({str(marker)!r}, 'w').close()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    (delivery,) = hooks.notify(hooked(command(code, "timeout_seconds = 0.5\nattempts = 1\n")), ("drift",), {})
    assert "not done within" in delivery.detail
    time.sleep(2.2)
    assert not marker.exists()


@pytest.mark.parametrize("words", [
    'name = "a"\non = ["drift"]', 'name = "a"\non = []\nurl = "http://x"', 'name = "a"\non = ["drift"]\nurl = "file:///etc"',
    'name = "a"\non = ["drift"]\nurl = "http://x"\ncommand = ["y"]', 'name = "../a"\non = ["drift"]\nurl = "http://x"',
    'name = "a"\non = ["nothing"]\nurl = "http://x"', 'name = "a"\non = ["drift"]\nurl = "http://user:hunter2@x/"', 'name = "a"\non = ["drift"]\nurl = "http://x"\ntimeout_seconds = 0',
])
def test_a_hook_that_makes_no_sense_is_refused(hooked, words):
    with pytest.raises(DocumentError, match="hooks") as refused:
        hooked(f"\n[[hooks]]\n{words}\n")
    assert "hunter2" not in refused.value.message


def test_drift_reaches_the_hook_and_a_dead_hook_leaves_the_observation(story: Story, passphrases, tmp_path, receiver):
    (story.ws.folder / "secret").write_bytes(SECRET)
    with_hooks(story.ws.folder, webhook(receiver.url))
    with_hooks(story.ws.folder, webhook("http://127.0.0.1:9/", "attempts = 1\n").replace("retrain", "dead"))
    story.ws.config = read_config(story.ws.folder / "config.toml")
    dossier = reviewing.dossier(story.ws, "credit@2", "promote:production")
    reviewing.approve(story.ws, dossier, key="reviewer", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    found = monitoring.monitor(
        story.ws, "credit@2", data=window(story, "window_drifted.csv", tmp_path), passphrases=passphrases
    )
    ((_, body),) = receiver.got
    event = json.loads(body)
    assert set(event["drifted"]) == set(found.drifted)
    assert story.ws.ledger.entry(event["observation"]).kind == "observation"
    assert [file.name.split(".")[1] for file in hooks.waiting(story.ws)] == ["dead"]

    # What became of each is in the ledger, in an entry that follows the observation and is no other window.
    follow = story.ws.ledger.entry(found.written[-1].index)
    assert (follow.kind, follow.fact.follows) == ("observation", event["observation"])
    told = {one.hook: one.delivered for one in story.ws.state().observations[event["observation"]].deliveries}
    assert told == {"retrain": True, "dead": False}
    assert len(story.ws.state().observations) == 1
    hooks.deliver(story.ws)
    assert hooks.record(story.ws, passphrases=passphrases) == ()  # that it failed again is no news
    story.ws.config = read_config(with_hooks(story.ws.folder, "") / "config.toml")
    story.ws.config = story.ws.config.model_copy(update={"hooks": tuple(
        hook.model_copy(update={"url": receiver.url}) for hook in story.ws.config.hooks
    )})
    assert [one.delivered for one in hooks.deliver(story.ws)] == [True]
    (late,) = hooks.record(story.ws, passphrases=passphrases)
    assert [(one.hook, one.delivered) for one in story.ws.ledger.entry(late.index).fact.deliveries] == [("dead", True)]
    assert hooks.record(story.ws, passphrases=passphrases) == ()
    assert not list((story.ws.folder / "outbox").iterdir())


def test_what_could_not_be_signed_is_written_at_the_next_call(story: Story, passphrases, tmp_path, receiver, monkeypatch):
    with_hooks(story.ws.folder, webhook(receiver.url).replace('secret_file = "secret"\n', ""))
    story.ws.config = read_config(story.ws.folder / "config.toml")
    dossier = reviewing.dossier(story.ws, "credit@2", "promote:production")
    reviewing.approve(story.ws, dossier, key="reviewer", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    kept = hooks.record

    def refused(*_: object, **__: object) -> None:
        raise StorageError("the disk is full", "Make room.")

    monkeypatch.setattr(hooks, "record", refused)
    found = monitoring.monitor(
        story.ws, "credit@2", data=window(story, "window_drifted.csv", tmp_path), passphrases=passphrases
    )
    assert [one.delivered for one in found.deliveries] == [True]
    (late,) = kept(story.ws, passphrases=passphrases)
    assert story.ws.ledger.entry(late.index).fact.deliveries[0].hook == "retrain"
