"""What `import framesel` gives, and what it does not load."""

import subprocess
import sys

import framesel
import framesel.selection

HEAVY = ("torch", "numba", "cv2", "av", "faiss", "scipy", "sklearn", "pandas", "pyarrow", "numpy")


def loaded_after(code: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has loaded after running some code."""
    listing = f"{code}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    assert loaded_after("import framesel") == set()
    assert loaded_after("import framesel.selection") == set()


def test_selecting_loads_only_what_computes() -> None:
    code = "import framesel; framesel.select([[1.0, 0.0]], 1)"
    assert loaded_after(code) & {"torch", "cv2", "av", "pyarrow", "pandas"} == set()


def test_reading_settings_compiles_nothing() -> None:
    code = "from framesel.selection import STRATEGIES; [kind() for kind in STRATEGIES.values()]"
    assert loaded_after(code) == {"numpy"}


def test_every_public_name_exists() -> None:
    for package in (framesel, framesel.selection):
        for name in package.__all__:
            assert getattr(package, name) is not None
            assert name in dir(package)


def test_public_names_are_these() -> None:
    assert sorted(framesel.__all__) == [
        "Duplicates",
        "FrameselError",
        "Picks",
        "__version__",
        "loop",
        "near_duplicates",
        "next_round",
        "plan",
        "run",
        "select",
        "train",
    ]


def test_a_name_that_is_not_there() -> None:
    for package in (framesel, framesel.selection):
        assert not hasattr(package, "nonsense")


def test_loading_modules_hides_no_function() -> None:
    code = (
        "import framesel.selection.duplicates.near_duplicates\n"
        "import framesel.selection.one_call, framesel\n"
        "assert callable(framesel.selection.near_duplicates)\n"
        "assert callable(framesel.selection.select)\n"
        "assert callable(framesel.near_duplicates)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
