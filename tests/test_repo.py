"""The repository keeps its own rules: sizes, no traces of a machine, one honest lock file."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60
MAX_FILE_BYTES = 13 * 2**20

# Absolute folders of some machine, and the hosts that packages come from.
MACHINE = re.compile(r"(?<![\w.~/])/(?:work|root|scratch|Users)/|(?<![\w.~/])/home/\w")
REGISTRY = re.compile(r"pythonhosted\.org|pypi\.(?:org|python)|--(?:extra-)?index-url|--find-links")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|(?i:\bfor now\b)")
BARE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)")


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows, or would take up: those that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"not a git checkout: {error}")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def python_files() -> list[Path]:
    """The Python files that hold to the rules, less this one, which names what it looks for."""
    return [path for path in tracked("*.py") if path != Path(__file__).resolve()]


def hits(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Where a pattern occurs, as path:line: text."""
    found = []
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT).as_posix()
        found += [
            f"{name}:{no}: {line}" for no, line in enumerate(lines, 1) if pattern.search(line)
        ]
    return found


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY], ids=["machine", "registry"])
def test_no_file_tells_of_the_machine_it_was_made_on(pattern: re.Pattern[str]) -> None:
    files = [path for path in tracked() if path != Path(__file__).resolve()]
    assert len(files) > 30
    assert hits(pattern, files) == []


@pytest.mark.parametrize("pattern", [UNFINISHED, BARE_IGNORE], ids=["unfinished", "bare ignore"])
def test_code_is_finished(pattern: re.Pattern[str]) -> None:
    assert hits(pattern, python_files()) == []


def test_files_stay_short() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    }
    assert long == {}


def test_functions_stay_short() -> None:
    long = []
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines}")
    assert long == []


def test_no_handler_swallows_everything() -> None:
    found = []
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_no_file_is_large() -> None:
    large = {
        path.name: size for path in tracked() if (size := path.stat().st_size) > MAX_FILE_BYTES
    }
    assert large == {}


def locked() -> dict[str, str]:
    """Package to version, as the lock file pins them."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE))


def test_the_lock_pins_every_package_with_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "make lock" in text.splitlines()[1]
    blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    assert len(blocks) == len(locked())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_holds_what_the_project_asks_for() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    tested = [extras[name] for name in ("dev", "openvino", "ray", "s3", "timm")]
    wanted = [*project["dependencies"], *(text for texts in tested for text in texts)]
    pins = locked()
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text


def test_both_builds_of_opencv_have_one_version() -> None:
    assert locked()["opencv-python-headless"] == locked()["opencv-python"]


def test_every_strategy_and_limit_stands_in_the_documentation() -> None:
    from framesel.selection import STRATEGIES
    from framesel.selection.limits.settings import Limits

    text = (ROOT / "docs" / "choosing.md").read_text(encoding="utf-8")
    assert [name for name in STRATEGIES if f"| `{name}` |" not in text] == []
    assert [name for name in Limits.model_fields if f"    {name}:" not in text] == []
    assert f"the {len(STRATEGIES)} strategies" in (ROOT / "README.md").read_text(encoding="utf-8")
