# SPDX-License-Identifier: AGPL-3.0-or-later
"""The API in a process of its own, to be killed at any moment."""

import subprocess
import sys
from pathlib import Path

SERVE = """
import sys
from pathlib import Path
from api.app import create_app
from api.config import ApiConfig
from api.server import Server, listen
folder = Path(sys.argv[1])
app = create_app(ApiConfig(f"sqlite:///{folder}/trial.db", folder / "evidence"))
listener = listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
Server(app).run(sockets=[listener])
"""


class ApiProcess:
    """Serves the trial API of a folder; `url` is its address."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", SERVE, str(folder)], stdout=subprocess.PIPE, text=True)
        if self._process.stdout is None:
            raise RuntimeError("the process has no output to read its port from")
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._process.kill()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()
