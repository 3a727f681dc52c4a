"""What others are told of where videos lie."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from framesel.catalog import Catalog
from framesel.workspace import Workspace


def catalog_of(*paths: str) -> Catalog:
    catalog = Catalog(Workspace(Path("/nowhere")))
    rows: dict[int, dict[str, Any]] = {no: {"path": path} for no, path in enumerate(paths)}
    catalog.__dict__["videos"] = rows
    return catalog


def test_a_file_name_is_enough_where_it_is_the_only_one() -> None:
    catalog = catalog_of("/a/b/one.mp4", "/a/b/two.mp4", "/a/c/two.mp4", "/x/c/two.mp4")
    assert catalog.short_names == {
        0: "one.mp4", 1: "b/two.mp4", 2: "a/c/two.mp4", 3: "x/c/two.mp4"
    }  # fmt: skip


parts = st.lists(st.sampled_from(["a", "b", "ä c"]), min_size=1, max_size=4)


@given(st.lists(parts.map(lambda found: "/" + "/".join(found)), unique=True, max_size=6))
def test_each_video_is_found_by_its_short_name(paths: list[str]) -> None:
    catalog = catalog_of(*paths)
    for no, name in catalog.short_names.items():
        assert paths[no].endswith(name)
        path_of = Path(paths[no])
        # a whole path that is the end of another one is looked up as a path
        if Path("/" + name) != path_of:
            assert catalog.find(name) == no


def test_a_video_that_changed_keeps_its_name() -> None:
    catalog = catalog_of("/a/one.mp4", "/a/one.mp4")
    assert catalog.short_names == {0: "one.mp4", 1: "one.mp4"}
