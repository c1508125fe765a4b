"""The collector as a process of its own, as a service manager runs it; it can be killed."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

_TIMEOUT_S = 40.0


class CollectorProcess:
    """A collector with a settings file of its own; a context manager that leaves no process behind.

    Parameters
    ----------
    folder : Path
        Holds the settings file.
    name : str
        Of the collector.
    broker, store : mapping
        Tables of the settings file.
    tables : str
        Further tables, as they stand in the file.
    environment : mapping or None
        Of the process; None is ours.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        broker: Mapping[str, object],
        store: Mapping[str, object],
        tables: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.file = folder / f"{name}.toml"
        self.file.write_text(
            f'name = "{name}"\n{_table("broker", broker)}{_table("store", store)}[health]\nport = 0\n{tables}'
        )
        self._environment = environment
        self.said: list[str] = []
        self.url = ""

    def __enter__(self) -> "CollectorProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()

    def start(self) -> None:
        """Run it, and return once it says that it is ready."""
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "meterproof_collector", "run", str(self.file)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(_TIMEOUT_S), self.said
        assert self.url, self.said

    def _read(self) -> None:
        with self._process.stderr as said:
            for line in said:
                self.said.append(line)
                if line.startswith("ready: "):
                    self.url = line.rpartition("health ")[2].strip()
                    self._ready.set()
        self._ready.set()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self._process.terminate()
        return self._process.wait(_TIMEOUT_S)

    def wait(self) -> int:
        """Return its exit code once it has ended by itself."""
        return self._process.wait(_TIMEOUT_S)

    def health(self) -> dict:
        """Return how it is."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=_TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)


def _table(name: str, values: Mapping[str, object]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
