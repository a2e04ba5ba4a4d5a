"""Which files are found, and what tritonlint looks for in their bytes."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tritonlint.files.discovery import discover
from tritonlint.files.ignore import DEFAULT_EXCLUDE
from tritonlint.files.paths import FileError, read
from tritonlint.files.roots import project_root


def tree(root: Path, *paths: str, **contents: str) -> Path:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(contents.get(path, ""))
    return root


def repository(root: Path, gitignore: str, *paths: str) -> Path:
    tree(root, *paths)
    (root / ".git").mkdir(exist_ok=True)
    (root / ".gitignore").write_text(gitignore)
    return root


def found(*paths: Path, below: Path, **options: object) -> list[str]:
    discovery = discover(paths, **options)  # type: ignore[arg-type]
    assert discovery.errors == ()
    return [file.relative_to(below).as_posix() for file in discovery.files]


class TestWhatIsFound:
    def test_python_files_in_order_of_their_names(self, tmp_path: Path) -> None:
        tree(tmp_path, "b.py", "a/z.py", "a-b/c.py", "gui.pyw", "x.pyi", "n.ipynb", "pyx", "m.txt")
        assert found(tmp_path, below=tmp_path) == ["a-b/c.py", "a/z.py", "b.py", "gui.pyw"]

    def test_a_named_file_is_taken_whatever_its_name_and_whoever_ignores_it(
        self, tmp_path: Path
    ) -> None:
        repository(tmp_path, "*", "venv/script", "stub.pyi")
        named = [tmp_path / "venv/script", tmp_path / "stub.pyi"]
        assert found(*named, below=tmp_path, exclude=["stub.pyi"]) == ["stub.pyi", "venv/script"]

    def test_a_directory_called_like_a_python_file_is_walked(self, tmp_path: Path) -> None:
        tree(tmp_path, "odd.py/a.py")
        assert found(tmp_path, below=tmp_path) == ["odd.py/a.py"]

    def test_names_are_as_the_paths_were_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tree(tmp_path, "a/b.py", "c.py")
        monkeypatch.chdir(tmp_path)
        assert discover([Path()]).files == (Path("a/b.py"), Path("c.py"))
        assert discover([Path("a")]).files == (Path("a/b.py"),)
        monkeypatch.chdir(tmp_path / "a")
        assert discover([Path("..")]).files == (Path("../a/b.py"), Path("../c.py"))

    def test_the_order_of_the_paths_does_not_matter(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tree(tmp_path, "a/b.py", "c.py")
        monkeypatch.chdir(tmp_path)
        paths = [Path("c.py"), tmp_path / "c.py", Path("a"), Path(), Path("nowhere")]
        assert discover(paths).files == discover(paths[::-1]).files


class TestEachFileOnce:
    def test_named_twice(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tree(tmp_path, "a/b.py")
        monkeypatch.chdir(tmp_path)
        paths = [tmp_path / "a", Path("a/b.py"), Path("a"), Path("a/../a/b.py")]
        assert discover(paths).files == (Path("a/b.py"),)

    def test_a_link_to_a_file_beside_the_file(self, tmp_path: Path) -> None:
        tree(tmp_path, "z.py")
        (tmp_path / "a.py").symlink_to("z.py")
        assert found(tmp_path, below=tmp_path) == ["z.py"]
        assert found(tmp_path / "a.py", tmp_path / "z.py", below=tmp_path) == ["z.py"]

    def test_a_link_to_a_file_elsewhere_is_taken(self, tmp_path: Path) -> None:
        tree(tmp_path, "shared/z.py", "a/b.py")
        (tmp_path / "a/z.py").symlink_to("../shared/z.py")
        assert found(tmp_path / "a", below=tmp_path) == ["a/b.py", "a/z.py"]

    def test_a_link_to_a_directory_is_followed_only_if_named(self, tmp_path: Path) -> None:
        tree(tmp_path, "shared/z.py", "a/b.py")
        (tmp_path / "a/link").symlink_to("../shared")
        assert found(tmp_path / "a", below=tmp_path) == ["a/b.py"]
        assert found(tmp_path / "a/link", below=tmp_path) == ["a/link/z.py"]

    def test_loops_and_broken_links_end(self, tmp_path: Path) -> None:
        tree(tmp_path, "a/b.py")
        (tmp_path / "a/up").symlink_to("..")
        (tmp_path / "a/self.py").symlink_to("self.py")
        (tmp_path / "a/.#b.py").symlink_to("someone@host")
        assert found(tmp_path, below=tmp_path) == ["a/b.py"]
        assert found(tmp_path / "a/up", below=tmp_path) == ["a/up/a/b.py"]


class TestExclude:
    @pytest.mark.parametrize("name", DEFAULT_EXCLUDE)
    def test_by_default(self, tmp_path: Path, name: str) -> None:
        tree(tmp_path, "a.py", f"pkg/{name}/b.py")
        assert found(tmp_path, below=tmp_path) == ["a.py"]

    @pytest.mark.parametrize("named", ["site-packages", "site-packages/fla", "venv"])
    def test_a_named_directory_is_walked_whatever_it_is_called(
        self, tmp_path: Path, named: str
    ) -> None:
        tree(tmp_path, f"{named}/fla/a.py", f"{named}/fla/venv/b.py")
        assert found(tmp_path / named, below=tmp_path / named) == ["fla/a.py"]

    @pytest.mark.parametrize(
        ("pattern", "left"),
        [
            ("third_party", ["src/a.py", "src/gen/b.py", "third/c.py"]),
            ("gen/", ["src/a.py", "third/c.py", "third_party/d.py"]),
            ("a.py", ["src/gen/b.py", "third/c.py", "third_party/d.py"]),
            ("src/gen", ["src/a.py", "third/c.py", "third_party/d.py"]),
            ("./src/gen", ["src/a.py", "third/c.py", "third_party/d.py"]),
            ("src/*.py", ["src/gen/b.py", "third/c.py", "third_party/d.py"]),
            ("third*", ["src/a.py", "src/gen/b.py"]),
            ("**/gen/**", ["src/a.py", "third/c.py", "third_party/d.py"]),
            ("[a-c].py", ["third_party/d.py"]),
            ("gen/b.py", ["src/a.py", "src/gen/b.py", "third/c.py", "third_party/d.py"]),
        ],
    )
    def test_patterns_are_as_in_a_gitignore_file(
        self, tmp_path: Path, pattern: str, left: list[str]
    ) -> None:
        tree(tmp_path, "src/a.py", "src/gen/b.py", "third/c.py", "third_party/d.py")
        assert found(tmp_path, below=tmp_path, exclude=[pattern], base=tmp_path) == left

    def test_patterns_do_not_apply_to_what_is_named_but_to_what_is_in_it(
        self, tmp_path: Path
    ) -> None:
        tree(tmp_path, "third_party/fla/a.py", "third_party/fla/a_test.py")
        options = {"exclude": ["third_*", "*_test.py"], "base": tmp_path}
        assert found(tmp_path / "third_party", below=tmp_path, **options) == [
            "third_party/fla/a.py"
        ]

    def test_patterns_with_a_slash_are_relative_to_the_base(self, tmp_path: Path) -> None:
        tree(tmp_path, "conf/gen/a.py", "other/gen/a.py", "other/b.py")
        options = {"exclude": ["gen/a.py", "b.py"], "base": tmp_path / "conf"}
        assert found(tmp_path, below=tmp_path, **options) == ["other/gen/a.py"]
        assert found(tmp_path / "other", below=tmp_path, **options) == ["other/gen/a.py"]


class TestIgnoreFiles:
    def test_they_count_only_in_a_repository(self, tmp_path: Path) -> None:
        tree(tmp_path, "a.py", "gen/b.py")
        (tmp_path / ".gitignore").write_text("gen/\n")
        assert found(tmp_path, below=tmp_path) == ["a.py", "gen/b.py"]
        (tmp_path / ".git").mkdir()
        assert found(tmp_path, below=tmp_path) == ["a.py"]
        assert found(tmp_path, below=tmp_path, respect_gitignore=False) == ["a.py", "gen/b.py"]

    def test_those_above_count_up_to_the_root_of_the_repository(self, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_text("*.py\n")
        repository(tmp_path / "repo", "gen_*.py\n", "src/a.py", "src/gen_a.py", "src/own.py")
        (tmp_path / "repo/src/.gitignore").write_text("/own.py\n")
        assert found(tmp_path / "repo/src", below=tmp_path) == ["repo/src/a.py"]

    def test_a_repository_in_a_repository_has_its_own_rules(self, tmp_path: Path) -> None:
        repository(tmp_path, "a.py\n", "a.py", "b.py", "sub/a.py", "sub/b.py", "sub/.git/HEAD")
        assert found(tmp_path, below=tmp_path) == ["b.py", "sub/a.py", "sub/b.py"]

    @pytest.mark.parametrize("link", ["directory", "worktree", "submodule"])
    def test_info_exclude(self, tmp_path: Path, link: str) -> None:
        repo = tree(tmp_path / "repo", "a.py", "gen.py")
        tree(tmp_path, "main/.git/worktrees/w/HEAD")
        if link == "directory":
            git = repo / ".git"
        elif link == "submodule":
            git = tmp_path / "main/.git/modules/sub"
            (repo / ".git").write_text("gitdir: ../main/.git/modules/sub\n")
        else:
            git = tmp_path / "main/.git"
            (repo / ".git").write_text(f"gitdir: {git}/worktrees/w\n")
            (git / "worktrees/w/commondir").write_text("../..\n")
        (git / "info").mkdir(parents=True)
        (git / "info/exclude").write_text("gen.py\n")
        assert found(repo, below=repo) == ["a.py"]

    @pytest.mark.parametrize("named", ["build", "build/lib", "build/lib/pkg"])
    def test_a_named_directory_is_walked_also_if_git_ignores_it(
        self, tmp_path: Path, named: str
    ) -> None:
        repository(tmp_path, "build/\n", "build/lib/pkg/a.py")
        assert found(tmp_path / named, below=tmp_path) == ["build/lib/pkg/a.py"]

    def test_damaged_files_do_no_harm(self, tmp_path: Path) -> None:
        repository(tmp_path, "", "a.py", "b.py", "sub/a.py")
        (tmp_path / ".gitignore").write_bytes(b"\xff\xfe[\nb*.p[y\n!\n/\nfoo\\\n[z-a]\nb.p*\r\n")
        (tmp_path / "sub/.gitignore").mkdir()
        assert found(tmp_path, below=tmp_path) == ["a.py", "sub/a.py"]

    @pytest.mark.parametrize(
        "gitignore",
        [
            "a.py",
            "/a.py",
            "*.py\n!a.py",
            "!a.py\n*.py",
            "lib/",
            "lib/*\n!lib/a.py",
            "lib/*\n!lib/gen/",
            "lib\n!lib/a.py",
            "*\n!*/\n!a.py",
            "/*\n!/lib\n/lib/*\n!/lib/gen",
            "**/gen/**",
            "lib/**/a.py",
            "**/a.py",
            "lib/**",
            "g*n/\n[!a].py",
            "*.p[yx]\n!b.p?",
            "# a.py\n\\#x.py\n\\!y.py",
            "a.py \nb.py\\ ",
            "lib/gen\n!gen",
            "?.py\n!lib/?.py",
            "lib//gen\n./a.py",
            "lib/gen/\n!lib/gen/a.py",
            "*\n!lib/\n!lib/**",
        ],
    )
    def test_as_git_does(self, tmp_path: Path, gitignore: str) -> None:
        names = ("a.py", "b.py", "lib/a.py", "lib/b.py", "lib/gen/a.py", "lib/gen/b.py")
        names += ("gen/a.py", "gen/lib/b.py", "#x.py", "!y.py")
        repository(tmp_path, gitignore, *names)
        assert found(tmp_path, below=tmp_path) == git_lists(tmp_path)

    @given(data=st.data())
    @settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
    def test_as_git_does_for_any_patterns(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        segment = st.sampled_from(["a", "b", "a.py", "b.py", "*", "**", "?", "a*", "*.py", "[!a]"])
        pattern = st.builds(
            lambda sign, root, segments, end: sign + root + "/".join(segments) + end,
            st.sampled_from(["", "", "!"]),
            st.sampled_from(["", "", "/"]),
            st.lists(segment, min_size=1, max_size=3),
            st.sampled_from(["", "", "/"]),
        )
        patterns = st.lists(pattern, max_size=4).map("\n".join)
        names = [f"{d}{f}.py" for d in ("", "a/", "b/", "a/b/", "a/b/a/") for f in "ab"]
        root = repository(tmp_path_factory.mktemp("repo"), data.draw(patterns), *names)
        (root / "a/.gitignore").write_text(data.draw(patterns))
        assert found(root, below=root) == git_lists(root)


class TestErrors:
    def test_each_bad_path_says_what_and_what_to_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tree(tmp_path, "a.py"))
        Path("loop").symlink_to("loop")
        os.mkfifo("pipe")
        named = [Path(name) for name in ("pipe", "no/where.py", "loop", "a.py", "a.py/b.py", "\0")]
        discovery = discover(named)
        assert discovery.files == (Path("a.py"),)
        assert [str(error) for error in discovery.errors] == [
            "\0: no path can hold a NUL character; correct the path",
            "a.py/b.py: not a directory; correct the path or exclude it",
            "loop: too many levels of symbolic links; correct the path or exclude it",
            "no/where.py: no such file or directory; check the spelling",
            "pipe: neither a file nor a directory; name a file or a directory; "
            "for standard input use --stdin-filename",
        ]

    def test_a_directory_that_cannot_be_listed_does_not_hide_the_others(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tree(tmp_path, "a.py", "closed/b.py", "open/c.py")
        scandir = os.scandir

        def refuse(path: str) -> object:
            if Path(path).name == "closed":
                raise PermissionError(13, "Permission denied", path)
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)
        discovery = discover([tmp_path])
        assert [file.name for file in discovery.files] == ["a.py", "c.py"]
        assert [str(error) for error in discovery.errors] == [
            f"{tmp_path / 'closed'}: permission denied; make it readable or exclude it"
        ]

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("gone.py", "no such file or directory; check the spelling"),
            ("dir", "a directory, not a file; name a file in it"),
        ],
    )
    def test_read(self, tmp_path: Path, name: str, message: str) -> None:
        (tmp_path / "dir").mkdir()
        with pytest.raises(FileError, match=message):
            read(tmp_path / name)

    def test_an_error_survives_the_way_between_processes(self) -> None:
        error = pickle.loads(pickle.dumps(FileError(Path("a"), "gone", "look")))
        assert (error.path, error.problem, error.advice) == (Path("a"), "gone", "look")


class TestProjectRoot:
    @pytest.mark.parametrize(
        ("marks", "path", "root"),
        [
            ([".git/HEAD", "pkg/pyproject.toml"], "pkg/src/a.py", "."),
            ([".git/HEAD", "sub/.git/HEAD"], "sub/a.py", "sub"),
            ([".hg/store", "pkg/pyproject.toml"], "pkg/src/a.py", "."),
            ([".jj/repo", "pkg/pyproject.toml"], "pkg/src/a.py", "."),
            ([".sl/store", "pkg/.git/HEAD"], "pkg/src/a.py", "pkg"),
            ([".git", "sub/a.py"], "sub", "."),
            (["pyproject.toml", "sub/pyproject.toml"], "sub/src/a.py", "sub"),
            (["tritonlint.toml"], "src/a.py", "."),
            (["src/pkg/__init__.py", "src/pkg/ops/__init__.py"], "src/pkg/ops/a.py", "src"),
            (["src/pkg/__init__.py", "src/pkg/ops/__init__.py"], "src/pkg/ops", "src"),
            (["src/pkg/__init__.py", "src/pkg/gap/ops/__init__.py"], "src/pkg/gap/a.py", "src"),
            (["src/pkg/__init__.py", "src/pkg/gap/ops/__init__.py"], "src/pkg/gap/ops", "src"),
            ([], "scripts/a.py", "scripts"),
            ([], "scripts", "scripts"),
            (
                [".git/HEAD", ".venv/lib/site-packages/fla/__init__.py"],
                ".venv/lib/site-packages/fla/a.py",
                ".venv/lib/site-packages/fla",
            ),
            ([".git/HEAD"], ".venv/lib/site-packages", ".venv/lib/site-packages"),
            ([".git/HEAD", "venv/src/fla/.git/HEAD"], "venv/src/fla/ops/a.py", "venv/src/fla"),
        ],
    )
    def test_is(self, tmp_path: Path, marks: list[str], path: str, root: str) -> None:
        tree(tmp_path, *marks)
        if path.endswith(".py"):
            tree(tmp_path, path)
        else:
            (tmp_path / path).mkdir(parents=True, exist_ok=True)
        assert project_root(tmp_path / path) == (tmp_path / root).resolve()

    def test_of_a_link_is_where_the_file_is(self, tmp_path: Path) -> None:
        tree(tmp_path, "repo/.git/HEAD", "repo/src/a.py")
        (tmp_path / "link").symlink_to("repo/src")
        assert project_root(tmp_path / "link/a.py") == (tmp_path / "repo").resolve()


def git_lists(repo: Path) -> list[str]:
    """The untracked Python files that git would add."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", repo], check=True, env=environment)
    listing = subprocess.run(
        ["git", "-C", repo, "ls-files", "-z", "--others", "--exclude-standard"],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
    ).stdout.decode()
    return sorted(name for name in listing.split("\0") if name.endswith(".py"))
