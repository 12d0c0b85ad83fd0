"""The walls: what a check can see, reach, write and outlive. Real bubblewrap, real processes."""

import os
import socket
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Timer

import pytest

from bot.core.checks import Check, Probe, Run
from bot.edge.sandbox import box
from bot.ports import Denied


class Files:
    """A tree that is a mapping of paths to bytes."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def files(self) -> tuple[str, ...]:
        return tuple(self._files)

    def key(self) -> str:
        return f"{type(self).__name__} {sorted(self._files.items())}"

    def unpack(self, folder: str) -> None:
        for name, content in self._files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


class Place:
    def __init__(self, tmp_path: Path) -> None:
        self.root, self.home, self.scratch = tmp_path / "my r\u00e9po", tmp_path / "home", tmp_path / "scratch"
        for folder in (self.root, self.home, self.scratch):
            folder.mkdir()
        (self.home / "secret").write_text("hunter2")
        search = tuple(os.environ["PATH"].split(":"))
        self.box = box.find(box.Home(self.root, search, self.home, self.scratch, {"PIP_INDEX_URL": "http://index.invalid"}))

    def run(self, command: str, files: Mapping[str, bytes] | None = None, seconds: float = 20, kind: str = "build") -> Run:
        check = Check("c", command, kind, "test")  # type: ignore[arg-type]  # one of the kinds
        return self.box.run(Files(files or {}), check, seconds)  # type: ignore[arg-type]  # as much of a tree as is used


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_no_secret_of_the_environment_or_the_home_is_seen(place, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "hunter2")
    tail = place.run(f"env; cat {place.home}/secret; cat ~root/.ssh/* /proc/1/environ; ls {place.home}").tail
    assert "hunter2" not in tail


def test_the_network_is_its_own_loopback_and_nothing_else(place):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reach = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        assert "refused" in place.run(f'python3 -c "{reach}"').tail
    serve = "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname(), 2)"
    own = f"import socket; {serve}; print('own works')"
    assert "own works" in place.run(f'python3 -c "{own}"').tail


def test_only_the_copy_can_be_written_and_it_is_not_the_repository(place):
    run = place.run("pwd; echo new > here && ! touch /usr/x && ! touch /etc/x && cat here")
    assert run.exit_code == 0
    assert run.tail.startswith(str(place.root))
    assert list(place.root.iterdir()) == []


def test_children_die_with_the_deadline_even_when_they_left_the_session(place):
    start = time.monotonic()
    run = place.run("setsid sleep 61.375 & (setsid sh -c 'trap \"\" TERM HUP; sleep 61.375' &) ; sleep 61.375", seconds=1)
    assert run.timed_out
    assert time.monotonic() - start < 5
    while alive := _sleeping("61.375"):
        assert time.monotonic() - start < 8, alive


def _sleeping(seconds: str) -> list[str]:
    """Processes that sleep for so long; the kernel takes a moment to end what was killed."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", seconds.encode()]:
            found.append(path.parent.name)
    return found


def test_a_flood_of_output_is_bounded(place):
    run = place.run("yes flood | head -c 200000000; echo the end")
    assert run.tail.endswith("the end\n")
    assert len(run.tail) <= 4_000


REPORTED = "python3 -c \"import os; p=os.environ['PYTEST_ADDOPTS'].split('=')[1]; {}\"; echo pytest"


@pytest.mark.parametrize(
    "attack",
    [
        "os.symlink('/etc/passwd', p)",
        "os.mkfifo(p)",
        "os.mkdir(p)",
        "open(p, 'w').truncate(10**9)",
        "open(p, 'w').write('<!DOCTYPE x [<!ENTITY a \\'b\\'>]><testsuite/>')",
        "open(p, 'w').write('<testsuite><testcase')",
        "pass",
    ],
)
def test_a_report_file_that_is_none_is_no_report(place, attack):
    run = place.run(REPORTED.format(attack), kind="tests")
    assert run.report is None
    assert run.exit_code == 0


def test_a_link_in_the_copy_shows_nothing_of_the_host(place):
    place.root.joinpath("x").write_text("theirs")
    assert "hunter2" not in place.run(f"ln -s {place.home}/secret s; cat s").tail


def test_an_editable_install_tests_the_copy_and_not_the_user_s_tree(place):
    """The `.pth` in the environment names the repository's own path: inside the walls the copy stands there."""
    site = place.root / ".venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.mkdir(parents=True)
    (site / "editable.pth").write_text(f"{place.root}/src\n")
    python = place.root / ".venv" / "bin"
    python.mkdir()
    base = Path(sys.base_prefix) / "bin" / "python3"
    (python / "python").symlink_to(base)
    (place.root / ".venv" / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    (place.root / "src").mkdir()
    (place.root / "src" / "pkg.py").write_text("WHOSE = 'the user'\n")
    place.box.prepare(Files({}), (), 10)

    run = place.run("cd /tmp && python -c 'import pkg; print(pkg.__file__, pkg.WHOSE)'", {"src/pkg.py": b"WHOSE = 'the copy'\n"})

    assert run.tail == f"{place.root}/src/pkg.py the copy\n"
    assert place.run("touch .venv/x").exit_code != 0


def test_setup_sees_how_packages_are_reached_and_checks_do_not(place):
    ready = place.box.prepare(Files({}), ("mkdir -p .venv && echo $PIP_INDEX_URL > .venv/seen",), 20)
    assert ready.exit_code == 0
    assert "index.invalid" in place.run("cat .venv/seen; env | grep -c PIP_ || true").tail


def test_what_setup_sees_is_no_argument_that_others_on_the_machine_could_read(place):
    place.box.at.setup_environment["MY_INDEX"] = "hunter2"
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(place.box.prepare, Files({}), ("touch going; test -n $MY_INDEX; sleep 3.125",), 20)
        while not (seen := _sleeping("3.125")) and not going.done():
            time.sleep(0.02)
        words = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.parent.exists()]
        assert seen
        assert b"sleep\x003.125\0" in words
        assert not any(b"hunter2" in each for each in words)
        assert going.result().exit_code == 0


def test_a_secret_that_set_up_was_shown_in_confidence_is_told_to_nobody(place):
    place.box.at.setup_environment["PIP_INDEX_URL"] = "https://ann:hunter2-hunter2-hunter2@index.example/simple"
    ready = place.box.prepare(Files({}), ("mkdir -p .venv; echo $PIP_INDEX_URL | tee .venv/seen; exit 3",), 20)
    assert "hunter2" not in ready.tail
    assert "[redacted]" in ready.tail
    assert "hunter2" not in place.run("cat .venv/seen").tail


def test_a_set_up_command_is_not_blamed_with_what_another_printed(place):
    assert place.box.prepare(Files({}), ("echo all is well", "false"), 20).tail == ""
    assert place.box.prepare(Files({}), ("echo all is well", "echo not here; false"), 20).tail == "not here\n"
    assert place.box.prepare(Files({}), ("echo all is well", "echo slow; sleep 30"), 1).tail == "slow\n"


@pytest.mark.parametrize(
    ("setup", "seconds", "named", "code"),
    [
        (("echo one", "printf two; (exit 3)", "echo three"), 20, "printf two; (exit 3)", 3),
        (("exit 4", "echo two"), 20, "exit 4", 4),
        (("echo one", "sleep 30", "echo three"), 1, "sleep 30", None),
        (("echo one", "set -e\nfalse\necho three"), 20, "set -e\nfalse\necho three", 1),
        (("echo one", "echo two; if"), 20, "echo two; if", 2),
        (("yes | head -c 90000", "yes | head -c 900000; false"), 20, "yes | head -c 900000; false", 1),
    ],
)
def test_of_several_set_up_commands_the_one_that_failed_is_named(place, setup, seconds, named, code):
    run = place.box.prepare(Files({}), setup, seconds)
    assert run.check == named
    assert run.timed_out if code is None else run.exit_code == code
    assert "three" not in run.tail
    assert not any(len(word) == 32 for word in run.tail.split()), "the marks between them are ours alone"


def test_a_set_up_that_prints_the_marks_between_its_commands_names_one_of_them_all_the_same(place):
    mark = "m=$(grep -a -o -E '[0-9a-f]{32}' /proc/$$/cmdline | head -n 1)"
    run = place.box.prepare(Files({}), (f'{mark}; test -n "$m"; echo "$m 99"; echo "$m x"; exit 3',), 20)
    assert (run.check[:4], run.exit_code, run.tail) == ("m=$(", 3, "x\n")


MAKES = "mkdir -p src .venv build && echo 7 > src/version.py && echo setup > a && echo x > .venv/x && ln -s ../src build/link"


def test_what_setup_makes_in_the_tree_is_in_every_later_copy(place):
    """A version module that the build writes and git ignores: without it the package cannot be imported."""
    place.box.prepare(Files({"a": b"tree\n"}), (MAKES,), 20)
    run = place.run("cat src/version.py a build/link/version.py && echo 8 > src/version.py", {"a": b"tree\n"})
    assert run.tail == "7\ntree\n7\n"
    assert place.run("cat src/version.py").tail == "7\n", "each copy has its own"
    assert place.run("cat src/version.py", {"src/version.py": b"9"}).tail == "9", "the tree's own file stays"


def test_what_setup_makes_is_never_written_through_a_link_of_the_tree(place, tmp_path):
    place.box.prepare(Files({}), (MAKES,), 20)
    (tmp_path / "outside").mkdir()

    class Linked(Files):
        def unpack(self, folder: str) -> None:
            Path(folder, "src").symlink_to(tmp_path / "outside")

    place.box.run(Linked({}), Check("c", "true", "build", "t"), 10)
    assert list((tmp_path / "outside").iterdir()) == []


def test_setup_that_leaves_too_much_is_refused_with_the_remedy(place):
    with pytest.raises(Denied, match=r"build into \.venv"):
        place.box.prepare(Files({}), ("truncate -s 600M big",), 20)


def test_more_trees_at_once_than_are_kept_unpacked_are_each_whole(place):
    def counted(number: int) -> str:
        found = place.run("find . -type f | wc -l", {f"{number}/{name}": b"" for name in range(400)})
        return str(found.tail.strip())

    with ThreadPoolExecutor(4) as pool:
        old_and_new = (number for new in range(1, 9) for number in (0, new))
        assert set(pool.map(counted, old_and_new)) == {"400"}


def test_a_copy_that_is_deeper_than_python_can_go_is_removed(place):
    dig = "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')"
    assert place.run(f'python3 -c "{dig}"').exit_code == 0
    assert [path for path in place.scratch.iterdir() if path.name.startswith("copy-")] == []


def test_a_check_that_nobody_wants_any_more_is_ended_at_once(place):
    start, over = time.monotonic(), Event()
    Timer(0.5, over.set).start()
    ended = place.box.look(Files({}), Check("c", "sleep 62.125", "build", "test"), 60, Probe(), over.is_set)
    assert ended.run.exit_code != 0
    assert time.monotonic() - start < 10
    assert _sleeping("62.125") == []


def test_a_check_that_does_nothing_costs_little(place):
    place.run("true")
    assert min(place.run("true").seconds for _ in range(5)) < 0.5


def test_without_walls_the_copy_and_the_deadline_stay(place):
    bare = box.Bare(place.box.at, Path())
    run = bare.run(Files({"a": b"1"}), Check("c", "cat a; echo $HOME; sleep 9", "build", "t"), 1)  # type: ignore[arg-type]
    assert run.timed_out
    assert run.tail.startswith("1")
    assert list(place.root.iterdir()) == []
