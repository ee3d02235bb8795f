"""Hooks: telling others what monitoring found, by a signed webhook or a command, without ever losing it.

An event lies in the outbox before anything is sent and leaves it only when it was delivered; what could not be delivered
is tried again at the next call. What became of it goes into the ledger as an entry that follows its observation: the
closed list of predicates has none for it, the same role signs it, and a reader of the observation finds it there. It is
never written with the observation itself, which is in the ledger before the first attempt. Nothing that a command or a
server said goes there, for it may hold a secret and would stay for ever: only a few words of our own.
"""

import hashlib
import hmac
import json
import os
import secrets
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from govern.canonical.jcs import canonical_bytes, parse_json
from govern.canonical.values import from_json, object_bytes
from govern.domain.facts import HookDelivery
from govern.domain.statement import Draft
from govern.domain.text import digest_of, instant, short
from govern.errors import StorageError
from govern.workflow.interface import Passphrases
from govern.workflow.place.config import Hook
from govern.workflow.place.workspace import Workspace, about, settled
from govern.workflow.views import Written

SIGNATURE: Final = "X-Govern-Signature"
"""`sha256=` and the HMAC-SHA256, in hexadecimal, over timestamp, a point, and the body."""
TIMESTAMP: Final = "X-Govern-Timestamp"
"""Seconds since 1970 at which it was sent: receivers refuse what is old, so that nothing can be sent again later."""
DELIVERY: Final = "X-Govern-Delivery"
"""The same at every attempt: receivers drop what they have seen."""
TOLD: Final = ".told"
"""How files end that say what became of an event, until the ledger says it."""
PAUSE: Final = 0.5
"""Seconds before the second attempt; doubled before each further one."""
SECRET_LIMIT: Final = 4096
"""Bytes: longer files are no secrets."""
SAID_LIMIT: Final = 200
"""Bytes of what a failed command said that are shown, once, to whoever looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How telling one hook of one event went."""

    hook: str
    event: str
    """Id."""
    delivered: bool
    attempts: int
    detail: str
    """A few words of our own, which the ledger keeps."""
    time: datetime
    observation: int | None = None
    """Index of what it tells of."""
    said: str = ""
    """How a failed command began its complaint: for whoever looks now, and kept nowhere."""


class _Failed(Exception):  # noqa: N818 - an answer, not a malfunction
    """One attempt failed: `detail` is for the ledger, `said` only for whoever looks."""

    def __init__(self, detail: str, said: str = "") -> None:
        super().__init__(detail)
        self.detail, self.said = detail, said


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry a signed body to somebody else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def notify(ws: Workspace, kinds: tuple[str, ...], event: dict[str, Any]) -> tuple[Delivery, ...]:
    """Put an event into the outbox of every hook that wants one of `kinds`, then deliver all that waits.

    Never raises for a hook that fails: it stays in the outbox. Raises `StorageError` where the outbox can't be written.
    """
    now = ws.now()
    body = canonical_bytes({
        "schema": "govern/event/v1", "origin": ws.config.origin, "time": instant(now), "kinds": list(kinds), **event,
    })
    for hook in ws.config.hooks:
        if set(hook.on) & set(kinds):
            _put(_outbox(ws) / f"{short(digest_of(body))}.{hook.name}.json", body)
    return deliver(ws)


def deliver(ws: Workspace) -> tuple[Delivery, ...]:
    """Deliver all that waits in the outbox, oldest first; what fails stays there. `record` puts it into the ledger.

    A hook that fails is left for this time: its later events would wait as long again, each of them.
    """
    hooks = {hook.name: hook for hook in ws.config.hooks}
    done: list[Delivery] = []
    for file in waiting(ws):
        hook = hooks.get(hook_of(file))
        if hook is None:
            continue  # its hook is configured no more: it waits for whoever looks after the outbox
        if any(one.hook == hook.name and not one.delivered for one in done):
            continue
        body = _read(file)
        if body is None:
            continue
        result = _tried(ws, hook, body, short(digest_of(body)))
        # Noted before it leaves the outbox: whoever is killed in between tells once more, and forgets nothing.
        _put(file.with_suffix(TOLD), object_bytes(replace(result, said="")))
        if result.delivered:
            file.unlink(missing_ok=True)
        done.append(result)
    return tuple(done)


def record(ws: Workspace, *, key: str | None = None, passphrases: Passphrases) -> tuple[Written, ...]:
    """Put into the ledger what became of events since, one entry an observation; a failure only the first time.

    What can't be written now is written at the next call. Raises `GovernError` where signing or writing fails.
    """
    notes = dict(_notes(ws))
    written = settled(lambda: _written(ws, tuple(from_json(Delivery, one) for one in notes.values()), key, passphrases))
    for file, body in notes.items():
        if _read(file) == body:  # or another process told more meanwhile
            file.unlink(missing_ok=True)
    return written


def _notes(ws: Workspace) -> Iterator[tuple[Path, bytes]]:
    for file in sorted(_outbox(ws).glob(f"*{TOLD}")):
        body = _read(file)
        if body is not None:
            yield file, body


def _read(file: Path) -> bytes | None:
    """What a file of the outbox holds; None where another process was done with it just now."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _written(
    ws: Workspace, notes: tuple[Delivery, ...], key: str | None, passphrases: Passphrases
) -> tuple[Written, ...]:
    """Write what of the notes the ledger does not say yet."""
    state = ws.state()
    drafts = []
    for index in sorted({one.observation for one in notes if one.observation is not None}):
        seen = state.observations.get(index)
        fresh = [
            HookDelivery(hook=one.hook, event=one.event, delivered=one.delivered, attempts=one.attempts, detail=one.detail)
            for one in notes if one.observation == index and seen is not None and _is_news(one, seen.deliveries)
        ]
        if seen is not None and fresh:
            fact = replace(seen.fact, follows=index, deliveries=tuple(fresh))
            drafts.append(Draft(subjects=about(state.models[seen.model].name, seen.model), fact=fact))
    if not drafts:
        return ()
    return ws.write(drafts, at=state.size, key=key or ws.key_for("evaluator", None), passphrases=passphrases)


def _is_news(one: "Delivery", known: tuple[HookDelivery, ...]) -> bool:
    """Whether the ledger does not say so yet: that it was delivered, or that it failed."""
    return all((one.hook, one.event, one.delivered) != (other.hook, other.event, other.delivered) for other in known)


def waiting(ws: Workspace) -> tuple[Path, ...]:
    """Events that no hook has taken yet, oldest first."""
    files = []
    for file in _outbox(ws).glob("*.*.json"):
        try:
            files.append((file.stat().st_mtime_ns, file))
        except FileNotFoundError:
            continue  # another process delivered it just now
    return tuple(file for _, file in sorted(files))


def hook_of(file: Path) -> str:
    """The name of the hook that a file of the outbox waits for."""
    return file.name.split(".")[1]


def _outbox(ws: Workspace) -> Path:
    return ws.folder / "outbox"


def _put(file: Path, body: bytes) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
        fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
        with fresh.open("wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
    except OSError as error:
        message = f"the outbox can't be written: {error.strerror}"
        raise StorageError(message, "The observation is in the ledger; make room and run `govern monitor` again.") from error


def _tried(ws: Workspace, hook: Hook, body: bytes, event: str) -> Delivery:
    """Try as often as the hook allows, each time for so long and no longer."""
    detail, said, attempt, told = "", "", 0, False
    for attempt in range(1, hook.attempts + 1):
        if attempt > 1:
            time.sleep(PAUSE * 2 ** (attempt - 2))
        try:
            detail, said = _posted(ws, hook, body, event) if hook.url else _ran(hook, body), ""
        except _Failed as failure:
            detail, said = failure.detail, failure.said
        else:
            told = True
            break
    about_entry = json.loads(body).get("observation")
    return Delivery(
        hook=hook.name, event=event, delivered=told, attempts=attempt, detail=detail, time=ws.now(),
        observation=about_entry if isinstance(about_entry, int) else None, said=said,
    )


def _posted(ws: Workspace, hook: Hook, body: bytes, event: str) -> str:
    headers = {"Content-Type": "application/json", DELIVERY: event, TIMESTAMP: str(int(ws.now().timestamp()))}
    secret = _secret(ws, hook)
    if secret is not None:
        headers[SIGNATURE] = signature(secret, headers[TIMESTAMP], body)
    opener = urllib.request.build_opener(_NoRedirect)

    def send() -> str:
        request = urllib.request.Request(hook.url, data=body, headers=headers, method="POST")  # noqa: S310 - http(s), by its config
        with opener.open(request, timeout=hook.timeout_seconds) as answer:
            return f"HTTP {answer.status}"

    try:
        return _within(hook.timeout_seconds, send)
    except urllib.error.HTTPError as error:
        error.close()
        moved = ", which is not followed" if 300 <= error.code < 400 else ""  # noqa: PLR2004 - redirections
        raise _Failed(f"HTTP {error.code}{moved}") from error
    except TimeoutError as error:
        raise _Failed(f"no answer within {hook.timeout_seconds:g} seconds") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        words = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
        raise _Failed(f"not reached: {words}") from error


def _within(seconds: float, work: Callable[[], str]) -> str:
    """Wait so long and no longer: a socket's own timeout starts anew with every byte."""
    answers: list[str] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:  # noqa: BLE001 - handed on to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError
    return answers[0]


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """What the header carries; receivers compute it, too, and compare in constant time."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _secret(ws: Workspace, hook: Hook) -> bytes | None:
    if not hook.secret_file:
        return None
    try:
        secret = (ws.folder / hook.secret_file).read_bytes()[: SECRET_LIMIT + 1].strip()
    except OSError as error:
        raise _Failed(f"the secret can't be read: {error.strerror}") from error
    if not secret or len(secret) > SECRET_LIMIT:
        raise _Failed("the secret's file holds none")
    return secret


def _ran(hook: Hook, body: bytes) -> str:
    """Run a command with the event on its stdin; it and its children end with the time that it has.

    Files, not pipes: a child that outlives the command holds a pipe open, and who waits for its end would wait with it.
    """
    with tempfile.TemporaryFile() as event, tempfile.TemporaryFile() as complaint:
        event.write(body)
        event.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - the words of the workspace's own configuration, no shell
                list(hook.command), stdin=event, stdout=subprocess.DEVNULL, stderr=complaint, start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise _Failed(f"the command can't be run: {getattr(error, 'strerror', None) or type(error).__name__}") from error
        try:
            code = process.wait(hook.timeout_seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise _Failed(f"not done within {hook.timeout_seconds:g} seconds") from error
        if code:
            complaint.seek(0)
            raise _Failed(f"exit code {code}", complaint.read(SAID_LIMIT).decode(errors="replace").strip())
    return "exit code 0"


def events(ws: Workspace) -> Iterator[dict[str, Any]]:
    """Bodies that wait in the outbox, decoded."""
    for file in waiting(ws):
        body = parse_json(file.read_bytes())
        if isinstance(body, dict):
            yield body
