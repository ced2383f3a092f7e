"""The demo itself, as `make demo` runs it."""

import os
import subprocess
import sys
from pathlib import Path


def test_every_message_of_the_demo_ends_as_it_should(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-m", "app.demo"], env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert "failed (not_on_kingfisher)" in run.stdout
    assert "DIFFERENT" not in run.stdout
    assert list(tmp_path.glob("kingfisher-demo-*")) == []
