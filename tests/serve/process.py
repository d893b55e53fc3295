"""A server as a person starts it: a process of its own, that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """`python -m app serve` on a free port; started again it takes the same one."""

    def __init__(self, output: Path, *flags: str) -> None:
        self.output = output
        self.flags = flags
        self.port = 0
        self.start()

    def start(self) -> None:
        """Waits for the address that it prints."""
        command = [sys.executable, "-m", "app", "serve", "-o", str(self.output), "--port", str(self.port)]
        self.log = self.output.with_suffix(".log").open("a")
        self.process = subprocess.Popen(
            [*command, *self.flags], cwd=ROOT, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self.output.with_suffix(".log").read_text()
        self.port = int(self.address.rstrip("/").rpartition(":")[2])

    def end(self, number: int = signal.SIGTERM) -> int:
        """By a signal; returns the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()
        return status

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """What a script asks for."""
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        request = urllib.request.Request(
            self.address + path.lstrip("/"),
            data if method != "GET" else None,
            {"Content-Type": kind},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wait(self, what: Any, seconds: float = 300) -> Any:
        """The first state of the server of which `what` is true."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = self.ask("GET", "/api/state")
            if what(state):
                return state
            time.sleep(0.2)
        raise AssertionError(f"waited {seconds} s in vain: {state}")


def children(output: Path) -> list[int]:
    """Processes that learn for a server on `output`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--watched" in command and any(os.fsencode(output) in part for part in command):
            found.append(int(entry.name))
    return found
