"""A real pseudo-terminal around a process: what it writes, byte for byte, and keys as a terminal sends them."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
from pathlib import Path
from time import monotonic

REPOSITORY = Path(__file__).resolve().parents[2]
ROOTS = [str(REPOSITORY / part) for part in (".", "tui", "reports", "policies", "tests")]
CLI = "import sys; sys.argv[0] = 'govern'; from govern.cli import main; sys.exit(main())"


class Terminal:
    """One process under one pseudo-terminal."""

    def __init__(self, code: str, *arguments: str, environment: dict[str, str], size: tuple[int, int] = (120, 34)) -> None:
        self.output = b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for stream in (0, 1, 2):
                os.dup2(slave, stream)
            kept = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
            os.execve(
                sys.executable, [sys.executable, "-c", code, *arguments], {**kept, "PYTHONPATH": os.pathsep.join(ROOTS), **environment}
            )

    def read(self, seconds: float) -> bytes:
        """What is written within a time."""
        end, read = monotonic() + seconds, b""
        while (left := end - monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            try:
                part = os.read(self.master, 65536)
            except OSError:
                break
            if not part:
                break
            read += part
            self.output += part
        return read

    def until(self, text: str, seconds: float = 60.0) -> float:
        """Wait until a text was written since the last call; the seconds that it took."""
        start, seen = monotonic(), b""
        while monotonic() - start < seconds:
            seen += self.read(0.02)
            if text.encode() in seen:
                return monotonic() - start
        raise AssertionError(f"{text!r} did not appear; the end was {seen[-2000:]!r}")

    def send(self, keys: str | bytes) -> None:
        """Send keys as a terminal would."""
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def quiet(self, seconds: float = 0.4) -> None:
        """Wait until nothing was written for a while."""
        end = monotonic() + 10 * seconds + 5
        while self.read(seconds) and monotonic() < end:
            pass

    def peak(self) -> int:
        """The most memory that it has held, in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmHWM:")[1].split()[0])

    def ends(self, seconds: float = 30.0) -> int:
        """Wait for the process; its exit code."""
        start = monotonic()
        while monotonic() - start < seconds:
            self.read(0.05)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.read(0.1)
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("it did not end")

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was: cooked, on its main screen, with a cursor, without mouse reports."""
        local = 3
        now = termios.tcgetattr(self._slave)
        last = {mode: self.output.rfind(f"\x1b[?{mode}h".encode()) > self.output.rfind(f"\x1b[?{mode}l".encode()) for mode in (1049, 1000, 1003, 25)}
        return now[local] == self.before[local] and not last[1049] and not last[1000] and not last[1003] and last[25]

    def close(self) -> None:
        """End what still runs."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)
        os.close(self._slave)
