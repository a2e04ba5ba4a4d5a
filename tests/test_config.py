"""Settings from files and options, and the messages about wrong ones."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

from tritonlint.config.load import find_config, load, merge_cli
from tritonlint.config.settings import Settings, matches
from tritonlint.config.toml import ConfigError
from tritonlint.files.discovery import discover
from tritonlint.files.ignore import DEFAULT_EXCLUDE

CODES = ("TRL001", "TRL002", "TRL003", "TRL006", "TRL101", "TRL900", "TRL901")
DEFAULT_ON = {code: code != "TRL006" for code in CODES}
ON = frozenset(code for code, on in DEFAULT_ON.items() if on)


def settings_of(directory: Path, toml: str, name: str = "tritonlint.toml") -> Settings:
    file = directory / name
    file.write_text(toml)
    return load(file, CODES)


class TestFinding:
    @pytest.mark.parametrize(
        ("contents", "start", "found"),
        [
            ({"pyproject.toml": "[tool.tritonlint]"}, "src/a.py", "pyproject.toml"),
            ({"pyproject.toml": "[tool.tritonlint]"}, "src", "pyproject.toml"),
            ({"pyproject.toml": "[tool.tritonlint]"}, "", "pyproject.toml"),
            ({"pyproject.toml": "[tool.tritonlint.per-file-ignores]"}, "src", "pyproject.toml"),
            ({"pyproject.toml": "tool = {tritonlint = {}}"}, "src", "pyproject.toml"),
            (
                {"pyproject.toml": "[tool.tritonlint]", "tritonlint.toml": ""},
                "src",
                "tritonlint.toml",
            ),
            (
                {"tritonlint.toml": "", "src/pyproject.toml": "[tool.tritonlint]"},
                "src/a.py",
                "src/pyproject.toml",
            ),
            (
                {
                    "tritonlint.toml": "",
                    "src/pyproject.toml": "[project]\ndependencies = ['tritonlint']",
                },
                "src/a.py",
                "tritonlint.toml",
            ),
            ({"tritonlint.toml": "", "src/pyproject.toml": "[tool.ruff"}, "src", "tritonlint.toml"),
            ({"src/pyproject.toml": "[tool.tritonlint"}, "src", "src/pyproject.toml"),
            ({"tritonlint.toml": ""}, "no/such/file.py", "tritonlint.toml"),
        ],
    )
    def test_the_nearest_file_that_has_settings(
        self, tmp_path: Path, contents: dict[str, str], start: str, found: str
    ) -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src/a.py").touch()
        for name, text in contents.items():
            (tmp_path / name).write_text(text)
        assert find_config(tmp_path / start) == tmp_path / found

    def test_none(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.ruff]")
        assert find_config(tmp_path) is None

    def test_without_settings_no_parser_is_imported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.ruff]")
        for module in ("tomllib", "tomli", "pathspec"):
            monkeypatch.setitem(sys.modules, module, None)
        assert find_config(tmp_path) is None


class TestLoading:
    def test_every_key(self, tmp_path: Path) -> None:
        toml = """
            select = ["TRL0", "TRL900"]
            ignore = ["TRL003"]
            extend-select = ["ALL"]
            exclude = ["third_party"]
            extend-exclude = ["gen/*.py"]
            jit-decorators = ["mylib.my_jit", "jit"]
            transparent-decorators = ["mylib.entry"]
            autotune-decorators = ["mylib.tuned"]
            output-format = "concise"
            fix = true
            unsafe-fixes = true
            fix-strategy = "do-not-specialize"
            triton-version = "3.4"
            cache-dir = ".cache/trl"
            respect-gitignore = false

            [per-file-ignores]
            "tests/*" = ["TRL0"]
            "bench.py" = ["TRL001", "TRL002"]
        """
        settings = settings_of(tmp_path, toml)
        (selection,) = settings.selections
        assert selection.select == ("TRL0", "TRL900")
        assert selection.ignore == ("TRL003",)
        assert selection.extend_select == ("ALL",)
        assert settings == Settings(
            base=tmp_path,
            selections=(selection,),
            exclude=("third_party",),
            extend_exclude=("gen/*.py",),
            per_file_ignores=(("tests/*", ("TRL0",)), ("bench.py", ("TRL001", "TRL002"))),
            jit_decorators=("mylib.my_jit", "jit"),
            transparent_decorators=("mylib.entry",),
            autotune_decorators=("mylib.tuned",),
            output_format="concise",
            fix=True,
            unsafe_fixes=True,
            fix_strategy="do-not-specialize",
            triton_version="3.4",
            cache_dir=tmp_path / ".cache/trl",
            respect_gitignore=False,
        )
        assert settings.exclude_patterns == ("third_party", "gen/*.py")

    def test_an_empty_file_is_the_defaults(self, tmp_path: Path) -> None:
        assert settings_of(tmp_path, "") == Settings(base=tmp_path)
        assert settings_of(tmp_path, "[project]", "pyproject.toml") == Settings(base=tmp_path)

    def test_pyproject_has_them_in_its_table(self, tmp_path: Path) -> None:
        toml = "[tool.ruff]\nx = 1\n[tool.tritonlint]\nfix = true"
        assert settings_of(tmp_path, toml, "pyproject.toml").fix

    @pytest.mark.parametrize(
        ("toml", "where", "words"),
        [
            (
                "fixx = true",
                ": fixx",
                "unknown key 'fixx'; did you mean 'fix'? Known: autotune-",
            ),
            ("per_file_ignores = {}", ": per_file_ignores", "did you mean 'per-file-ignores'?"),
            ("zebra = 1", ": zebra", "unknown key 'zebra'; Known: autotune-decorators, "),
            ("[tool.tritonlint]", ": tool", "the keys stand at the top level, not in a table"),
            (
                'select = ["TRL1", "TRL0001"]',
                ": select",
                "unknown code 'TRL0001'; did you mean 'TRL001'? Known: ALL, TRL001, TRL002",
            ),
            ('ignore = ["trl001"]', ": ignore", "unknown code 'trl001'; did you mean 'TRL001'?"),
            ('ignore = [""]', ": ignore", "unknown code ''; Known: ALL"),
            ('ignore = ["T"]', ": ignore", "unknown code 'T'"),
            ('select = "TRL001"', ": select", "must be a list of strings, not 'TRL001'"),
            ("exclude = [1]", ": exclude", "must be a list of strings, not [1]"),
            ('fix = "yes"', ": fix", "must be true or false, not 'yes'"),
            ("cache-dir = true", ": cache-dir", "must be a string, not true"),
            (
                'output-format = "text"',
                ": output-format",
                "must be one of full, concise, json, github, sarif, gitlab, rdjson, junit, "
                "not 'text'",
            ),
            (
                'fix-strategy = "delete"',
                ": fix-strategy",
                "must be one of remove, do-not-specialize, remove-only, not 'delete'",
            ),
            ("triton-version = 3.4", ": triton-version", 'a version such as "3.4", not 3.4'),
            ('triton-version = "new"', ": triton-version", "a version such as \"3.4\", not 'new'"),
            ("per-file-ignores = []", ": per-file-ignores", "must be a table, not []"),
            (
                '[per-file-ignores]\n"a.py" = ["TRL7"]',
                ": per-file-ignores: 'a.py'",
                "unknown code 'TRL7'",
            ),
            ('jit-decorators = ["a b"]', ": jit-decorators", "'a b' is not a dotted name, such as"),
            (
                'transparent-decorators = "libentry"',
                ": transparent-decorators",
                "must be a list of strings, not 'libentry'",
            ),
            (
                'autotune-decorators = ["tuned()"]',
                ": autotune-decorators",
                "'tuned()' is not a dotted name, such as",
            ),
            ("fix = true\nselect = [", ":2", "not valid TOML: "),
            ("fix = true\nselect\n", ":2:7", "not valid TOML: "),
        ],
    )
    def test_an_error_names_the_file_the_key_and_what_is_accepted(
        self, tmp_path: Path, toml: str, where: str, words: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            settings_of(tmp_path, toml)
        assert str(caught.value).startswith(f"{tmp_path / 'tritonlint.toml'}{where}: ")
        assert words in caught.value.problem

    @pytest.mark.parametrize("toml", ["tool = 1", "[tool]\ntritonlint = 1"])
    def test_a_table_of_pyproject_that_is_none(self, tmp_path: Path, toml: str) -> None:
        with pytest.raises(ConfigError, match="must be a table, not 1"):
            settings_of(tmp_path, toml, "pyproject.toml")

    def test_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "tritonlint.toml").write_bytes(b"fix = true\n# \xff")
        with pytest.raises(ConfigError, match=r"tritonlint\.toml:2: not UTF-8"):
            load(tmp_path / "tritonlint.toml", CODES)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="no such file or directory"):
            load(tmp_path / "gone.toml", CODES)

    def test_an_error_survives_the_way_between_processes(self) -> None:
        assert str(pickle.loads(pickle.dumps(ConfigError("--fix", "no")))) == "--fix: no"


class TestSelecting:
    @pytest.mark.parametrize(
        ("toml", "options", "enabled"),
        [
            ("", {}, ON),
            ("select = []", {}, set()),
            ('select = ["ALL"]', {}, set(CODES)),
            ('select = ["TRL0"]', {}, {"TRL001", "TRL002", "TRL003", "TRL006"}),
            ('select = ["TRL0"]\nignore = ["TRL002"]', {}, {"TRL001", "TRL003", "TRL006"}),
            ('select = ["TRL001"]\nignore = ["TRL0"]', {}, {"TRL001"}),
            ('select = ["ALL"]\nignore = ["TRL"]', {}, set()),
            ('select = ["TRL001"]\nignore = ["TRL001"]', {}, set()),
            ('select = ["TRL9"]\nextend-select = ["TRL001"]', {}, {"TRL001", "TRL900", "TRL901"}),
            ('extend-select = ["TRL006"]', {}, set(CODES)),
            ('extend-select = ["TRL006"]\nignore = ["TRL00"]', {}, ON - {*CODES[:3]} | {"TRL006"}),
            ('ignore = ["ALL"]', {}, set()),
            ('ignore = ["TRL9"]', {}, ON - {"TRL900", "TRL901"}),
            ("", {"select": ["TRL1"]}, {"TRL101"}),
            ('select = ["TRL0"]\nignore = ["TRL1"]', {"select": ["TRL1"]}, {"TRL101"}),
            ('select = ["TRL001"]', {"ignore": ["TRL0"]}, set()),
            ('select = ["TRL001"]', {"extend_select": ["TRL9"]}, {"TRL001", "TRL900", "TRL901"}),
            ('ignore = ["TRL001"]', {"extend_select": ["TRL0"]}, set(CODES)),
            ("", {"select": [], "extend_select": ["TRL1"]}, {"TRL101"}),
        ],
    )
    def test_the_longer_prefix_and_the_command_line_win(
        self, tmp_path: Path, toml: str, options: dict[str, list[str]], enabled: set[str]
    ) -> None:
        settings = merge_cli(settings_of(tmp_path, toml), CODES, **options)
        assert settings.enabled_rules(DEFAULT_ON) == enabled

    @pytest.mark.parametrize(
        ("selector", "is_on"),
        [("ALL", False), ("TRL", False), ("TRL0", True), ("TRL001", True), ("TRL1", False)],
    )
    def test_guesses_are_on_where_a_prefix_of_their_own_asks_for_them(
        self, tmp_path: Path, selector: str, is_on: bool
    ) -> None:
        settings = settings_of(tmp_path, f'select = ["{selector}"]')
        assert ("TRL001" in settings.enabled_rules(DEFAULT_ON, {"TRL001"})) is is_on

    @pytest.mark.parametrize(
        ("pattern", "ignored"),
        [
            ("tests/*", {"tests/a.py", "tests/ops/a.py"}),
            ("tests", {"tests/a.py", "tests/ops/a.py"}),
            ("a.py", {"a.py", "tests/a.py", "tests/ops/a.py"}),
            ("/a.py", {"a.py"}),
            ("**/ops/*.py", {"tests/ops/a.py"}),
            ("!tests/**", {"a.py", "b.py"}),
        ],
    )
    def test_per_file_ignores_are_relative_to_the_file_with_the_settings(
        self, tmp_path: Path, pattern: str, ignored: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = settings_of(tmp_path, f'per-file-ignores = {{"{pattern}" = ["TRL0", "ALL"]}}')
        monkeypatch.chdir(tmp_path)
        names = ("a.py", "b.py", "tests/a.py", "tests/ops/a.py")
        for path in map(Path, names):
            expected = {"TRL0", "ALL"} if path.as_posix() in ignored else set()
            assert settings.ignored_codes(path) == expected
            assert settings.ignored_codes(tmp_path / path) == expected

    def test_a_pattern_that_is_none(self, tmp_path: Path) -> None:
        settings = settings_of(tmp_path, 'per-file-ignores = {"a\\\\" = ["TRL0"]}')
        with pytest.raises(ConfigError, match=r"per-file-ignores: .* is not a pattern"):
            settings.ignored_codes(Path("a.py"))

    @pytest.mark.parametrize(
        ("selector", "answer"),
        [("ALL", True), ("TRL", True), ("TRL00", True), ("TRL001", True), ("TRL1", False)],
    )
    def test_matches(self, selector: str, answer: bool) -> None:
        assert matches("TRL001", selector) is answer


class TestCommandLine:
    def test_options_take_the_place_of_the_files(self, tmp_path: Path) -> None:
        settings = settings_of(tmp_path, 'fix = true\noutput-format = "json"\ncache-dir = "a"')
        merged = merge_cli(
            settings, CODES, cwd=tmp_path / "sub", fix=False, output_format=None, cache_dir="b"
        )
        assert (merged.fix, merged.output_format) == (False, "json")
        assert merged.cache_dir == tmp_path / "sub/b"
        assert settings.cache_dir == tmp_path / "a"

    def test_no_option_changes_nothing(self, tmp_path: Path) -> None:
        settings = settings_of(tmp_path, "fix = true")
        assert merge_cli(settings, CODES, select=None, fix=None) == settings

    def test_exclude_takes_the_place_of_the_files_and_extend_exclude_stays(
        self, tmp_path: Path
    ) -> None:
        settings = settings_of(tmp_path, 'extend-exclude = ["gen"]')
        assert settings.exclude_patterns == (*DEFAULT_EXCLUDE, "gen")
        assert merge_cli(settings, CODES, exclude=("a",)).exclude_patterns == ("a", "gen")

    @pytest.mark.parametrize(
        ("cwd", "pattern", "left"),
        [
            ("repo", "pkg/gen", ["a.py", "pkg/a.py"]),
            ("repo/pkg", "gen/*.py", ["a.py", "pkg/a.py"]),
            ("repo/pkg", "/a.py", ["a.py", "pkg/gen/a.py"]),
            ("repo/pkg", "gen", ["a.py", "pkg/a.py"]),
            ("repo/pkg", "**/gen/*", ["a.py", "pkg/a.py"]),
            (".", "repo/pkg/", ["a.py"]),
            (".", "repo/a.py", ["pkg/a.py", "pkg/gen/a.py"]),
        ],
    )
    def test_patterns_are_relative_to_where_they_were_typed(
        self, tmp_path: Path, cwd: str, pattern: str, left: list[str]
    ) -> None:
        base = tmp_path / "repo"
        (base / "pkg/gen").mkdir(parents=True)
        for name in ("a.py", "pkg/a.py", "pkg/gen/a.py"):
            (base / name).touch()
        settings = merge_cli(settings_of(base, ""), CODES, cwd=tmp_path / cwd, exclude=[pattern])
        discovery = discover([base], exclude=settings.exclude_patterns, base=settings.base)
        assert [os.path.relpath(file, base) for file in discovery.files] == left

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"select": ["TRL7"]}, "--select: unknown code 'TRL7'"),
            ({"fix_strategy": "x"}, "--fix-strategy: must be one of remove, do-not-specialize"),
            ({"triton_version": "x"}, "--triton-version: must be a version such as"),
        ],
    )
    def test_an_error_names_the_option(self, options: dict[str, object], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            merge_cli(Settings(base=Path.cwd()), CODES, **options)
