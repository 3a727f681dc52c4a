"""A remote video gives what the local file gives, and is fetched where it is decoded."""

import errno
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesel.errors import DecodeError, ProbeError, StorageError
from framesel.storage import store
from framesel.storage.place import RemotePath, place
from framesel.video import Sampling, content_digest, plan_segments, probe
from framesel.video.decoders import decoder
from framesel.video.info import WHOLE
from framesel.video.packets import forget, read_index
from framesel.video.sampling import EveryN, FpsSampling, Keyframes
from tests.storage.conftest import Bucket
from tests.video.conftest import Render
from tests.video.encodings import ENCODINGS

BY_RANGES = [
    "h264_b3_gop250.mp4", "h264_open_gop.mp4", "h264_slices.mp4", "h264_pyramid.mp4",
    "h264_fragmented.mp4", "h264_rotated.mp4", "hevc.mp4", "hevc_open_gop.mp4", "prores.mov",
]  # fmt: skip
AS_A_COPY = ["h264_interlaced.mp4", "mpeg4.mp4", "h264_gop30.mkv", "h264_annexb.ts"]


@pytest.fixture
def remote(tmp_path: Path) -> RemotePath:
    """Where `seen` puts what it compares: no server is needed for that."""
    return RemotePath(f"memory://{tmp_path.name}")


def in_memory(path: Path, folder: RemotePath) -> RemotePath:
    store.put(path, f"{folder}/{path.name}")
    return folder / path.name


def frames(path: Any, sampling: Sampling, name: str = "pyav") -> list[tuple[Any, ...]]:
    info = probe(path)
    return [
        (f.pts, f.index, f.t_s, f.key, hashlib.sha256(f.image.tobytes()).hexdigest())
        for f in decoder(name).sample(path, info, WHOLE, sampling)
    ]


@pytest.mark.parametrize("name", BY_RANGES + AS_A_COPY)
def test_what_is_known_and_decoded_is_what_the_local_file_gives(
    render_video: Render, remote: RemotePath, name: str
) -> None:
    codec, options = ENCODINGS[name]
    path = render_video(name, codec, **options)
    there = in_memory(path, remote)
    info = probe(path)
    assert probe(there) == info
    assert content_digest(there) == content_digest(path)
    assert plan_segments(there, info, 1.0) == plan_segments(path, info, 1.0)
    one, other = read_index(path, info), read_index(there, info)
    assert (other.place is not None) == (name in BY_RANGES)
    for what in ("pts", "dts", "size", "start", "leading"):
        assert np.array_equal(getattr(one, what), getattr(other, what)), what
    assert np.array_equal(one.timeline.pts, other.timeline.pts)
    assert np.array_equal(one.timeline.key, other.timeline.key)
    assert one.timeline.end_pts == other.timeline.end_pts
    for sampling in (FpsSampling(fps=2), Keyframes(), EveryN(n=7, companions=1)):
        assert frames(there, sampling) == frames(path, sampling)


def short_gops(render_video: Render) -> Path:
    """Ten seconds with a keyframe each: big enough for gaps that are worth a request."""
    return render_video(
        "short.mp4", frames=250, size_wh=(320, 240), gop=25, crf="12", preset="ultrafast"
    )


def test_one_frame_a_second_fetches_what_it_decodes(render_video: Render, bucket: Bucket) -> None:
    path = short_gops(render_video)
    there = place(bucket.put(path))
    size, info = path.stat().st_size, probe(path)
    read_index(there, info)
    bucket.faulty.bytes_read.clear()
    found = list(decoder().sample(there, info, WHOLE, FpsSampling(fps=1)))
    fetched = sum(bucket.faulty.bytes_read.values())
    assert len(found) == 10
    index = read_index(path, info)
    decoded = int(index.size[index.start].sum())
    assert decoded < 0.2 * size
    assert fetched <= decoded + 10 * (1 << 15)
    # all in all: tables, beginnings of keyframes, probing and decoding
    forget()
    bucket.faulty.bytes_read.clear()
    again = place(str(there))
    assert frames(again, FpsSampling(fps=1)) == frames(path, FpsSampling(fps=1))
    assert sum(bucket.faulty.bytes_read.values()) < 0.4 * size


def test_damage_is_met_as_in_the_local_file(
    render_video: Render, remote: RemotePath, tmp_path: Path
) -> None:
    whole = render_video("front.mp4", container={"movflags": "faststart"}).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) * 3 // 5])
    there = in_memory(cut, remote)
    told = []
    for path in (cut, there):
        info, given = probe(path), []
        with pytest.raises(DecodeError, match="cut short") as caught:
            given.extend(decoder().sample(path, info, WHOLE, FpsSampling(fps=2)))
        told.append(str(caught.value).removeprefix(f"{path}: "))
    assert told[0] == told[1]


def test_what_is_no_video_is_refused_with_its_address(remote: RemotePath, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("this is text\n" * 10)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(ProbeError, match=r"memory://.*notes\.mp4: is text"):
        probe(in_memory(text, remote))
    with pytest.raises(ProbeError, match=r"empty\.mp4: is empty"):
        probe(in_memory(empty, remote))
    with pytest.raises(ProbeError, match=r"gone\.mp4: cannot be read"):
        probe(remote / "gone.mp4")


def test_no_room_for_a_copy_ends_the_run_and_is_no_fault_of_the_video(
    render_video: Render, remote: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = in_memory(render_video("full.mkv", gop=30), remote)
    info = probe(there)

    def full(url: str, target: Path, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "fetch", full)
    with pytest.raises(StorageError, match=r"no room .*full\.mkv.*TMPDIR"):
        read_index(there, info)


def test_opencv_reads_a_copy(render_video: Render, remote: RemotePath) -> None:
    path = render_video("h264_gop30.mkv", gop=30)
    there = in_memory(path, remote)
    assert frames(there, EveryN(n=9), "opencv") == frames(path, EveryN(n=9), "opencv")
