"""Files outside run folders are written whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from slic.errors import RunError
from slic.files import write_whole

ROOT = Path(__file__).resolve().parent.parent

LIMITED = """
import resource, signal, sys
from pathlib import Path
from slic.files import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_whole(Path(sys.argv[1]), "x" * 100_000)
"""


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    write_whole(path, "één\n")
    write_whole(path, "twee\n")
    assert path.read_bytes() == b"twee\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "RunError" in done.stderr and f"{path} was not written: File too large" in done.stderr
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no/a\.yaml was not written: No such file or directory"):
        write_whole(tmp_path / "no" / "a.yaml", "text")


def test_a_link_and_a_device_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("old")
    (tmp_path / "link").symlink_to("a.yaml")
    (tmp_path / "null").symlink_to("/dev/null")
    write_whole(tmp_path / "link", "new")
    write_whole(tmp_path / "null", "new")
    assert (tmp_path / "a.yaml").read_text() == "new"
    assert (tmp_path / "link").is_symlink() and (tmp_path / "null").is_symlink()
    assert Path("/dev/null").is_char_device()
