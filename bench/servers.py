"""What the benchmarks share: a server under test and a fast client."""
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESPAWN = str(ROOT / "build/release/respawn-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process on a port and in a directory of its own (within `parent`), pinned to `cores`."""

    def __init__(self, name: str, command: list[str], cores: set[int], environment: dict[str, str] | None = None,
                 parent: str | None = None):
        self.name, self.port = name, free_port()
        self.directory = tempfile.TemporaryDirectory(prefix="respawn-bench-", dir=parent)
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory.name, "--save", ""]
        log = open(Path(self.directory.name, "log"), "wb")
        self.process = subprocess.Popen(command[:1] + arguments + command[1:], stdout=log, stderr=log, env=environment,
                                        preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.await_ready()

    def await_ready(self, seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if self.ask("PING").startswith("+PONG"):
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        log = Path(self.directory.name, "log").read_text(errors="replace")
        sys.exit(f"{self.name} did not start:\n{log}")

    def ask(self, line: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(line.encode() + b"\r\n")
            return connection.recv(65536).decode(errors="replace")

    def version(self) -> str:
        fields = dict(line.split(":", 1) for line in self.ask("INFO server").split("\r\n") if ":" in line)
        return fields.get("respawn_version") or fields.get("redis_version", "unknown")

    def cpu_seconds(self) -> float:
        """User and system time of all threads, from the scheduler: /proc/PID/stat has only hundredths."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.directory.cleanup()

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().split("\n"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def info(self, section: str) -> dict[str, str]:
        return dict(line.split(":", 1) for line in self.ask("INFO " + section).split("\r\n") if ":" in line)


class Client:
    """Sends many commands at a time and counts the lines of their replies."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def replies(self, commands: bytes, count: int) -> bytes:
        self.socket.sendall(commands)
        received = bytearray()
        lines = 0
        while lines < count:
            part = self.socket.recv(1 << 16)
            if not part:
                raise ConnectionError("the server closed the connection")
            lines += part.count(b"\n")
            received += part
        return bytes(received)

    def ask(self, *words) -> bytes:
        return self.replies(command(*words), 1)

    def run_all(self, commands, window: int = 1000, lines: int = 1) -> None:
        """All commands of an iterable, `window` at a time, each answered by so many lines; stops at an error."""
        batch: list[bytes] = []
        for one in commands:
            batch.append(one)
            if len(batch) == window:
                self.check(self.replies(b"".join(batch), window * lines))
                batch.clear()
        if batch:
            self.check(self.replies(b"".join(batch), len(batch) * lines))

    @staticmethod
    def check(replies: bytes) -> None:
        if replies.startswith(b"-") or b"\n-" in replies:
            sys.exit("the server answered with an error: " + replies[:200].decode(errors="replace"))


def command(*words) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        text = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(text), text))
    return b"".join(parts)


def split_cores() -> tuple[set[int], set[int]]:
    """For servers and for clients."""
    cores = sorted(os.sched_getaffinity(0))
    return ({cores[0]}, set(cores[1:])) if len(cores) > 1 else (set(cores), set(cores))


def machine() -> str:
    load = os.getloadavg()[0]
    return f"{platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}, load {load:.1f} at the start"
