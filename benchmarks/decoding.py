"""Decoding at 1 frame per second and keyframes only: framesel against OpenCV reading every frame.

Makes its own 1080p clips by upscaling and re-encoding a real clip, runs all methods interleaved in
one process, checks that the frames are identical, and prints medians and ratios. With `--hour` it
writes an hour-long 1080p file instead (stream copy), for memory tests.

    python benchmarks/decoding.py [--source CLIP] [--cache FOLDER] [--runs 5]
"""

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2

from framesel.video import Segment, VideoInfo, probe
from framesel.video.packets import forget, read_index
from framesel.video.pyav import PyAvDecoder
from framesel.video.sampling import FpsSampling, Keyframes

FPS = 30
SECONDS = 30
BIT_RATE = 5_000_000
WHOLE = Segment(None, None)
GRID = FpsSampling(fps=1)

Digests = dict[int, str]
Method = Callable[[Path, VideoInfo], Digests]


def default_source() -> Path:
    data = Path(os.environ.get("FRAMESEL_DATA") or Path(__file__).parents[2] / "shared" / "data")
    return data / "clips" / "intel_sample_videos" / "bottle-detection.mp4"


def make_clip(source: Path, out: Path, gop: int) -> Path:
    """1080p, 30 s, 5 Mb/s H.264 with keyframes every `gop` frames exactly."""
    if out.exists():
        return out
    partial = out.with_name(f"partial-{out.name}")
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0:threads=2"
    with av.open(str(source)) as given, av.open(str(partial), "w") as made:
        stream = made.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.bit_rate, stream.gop_size = BIT_RATE, gop
        stream.options = {"preset": "veryfast", "x264-params": params}
        for k, frame in enumerate(given.decode(video=0)):
            if k == FPS * SECONDS:
                break
            big = frame.reformat(1920, 1080, "yuv420p", interpolation="BICUBIC")
            big.pts, big.time_base = k, Fraction(1, FPS)
            big.pict_type = 0
            made.mux(stream.encode(big))
        made.mux(stream.encode(None))
    partial.rename(out)
    return out


def make_hour(clip: Path, out: Path, seconds: int = 3600) -> Path:
    """Repeats a clip by stream copy until it is an hour long."""
    with av.open(str(out), "w") as made:
        with av.open(str(clip)) as given:
            template = made.add_stream_from_template(given.streams.video[0])
        offset = 0
        while True:
            with av.open(str(clip)) as given:
                stream = given.streams.video[0]
                base, length = stream.time_base or Fraction(1, 90_000), stream.duration or 1
                if offset * base >= seconds:
                    return out
                for packet in given.demux(stream):
                    if packet.pts is None or packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = template
                    made.mux(packet)
            offset += length


def ours(threads: int) -> Method:
    def run(path: Path, info: VideoInfo) -> Digests:
        forget()
        frames = PyAvDecoder(threads=threads).sample(path, info, WHOLE, GRID)
        return {f.index: digest(f.image.data) for f in frames}

    return run


def keyframes(path: Path, info: VideoInfo) -> Digests:
    forget()
    frames = PyAvDecoder().sample(path, info, WHOLE, Keyframes())
    return {f.index: digest(f.image.data) for f in frames}


def plain(path: Path, info: VideoInfo) -> Digests:
    forget()
    frames = PyAvDecoder(skip=False).sample(path, info, WHOLE, GRID)
    return {f.index: digest(f.image.data) for f in frames}


def opencv_reads_all(path: Path, info: VideoInfo) -> Digests:
    """What people write: read every frame with OpenCV's default threads, keep one a second."""
    got: Digests = {}
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    wanted = {round(k * FPS) for k in range(SECONDS + 1)}
    index = 0
    while True:
        done, bgr = capture.read()
        if not done:
            break
        if index in wanted:
            got[index] = digest(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).data)
        index += 1
    capture.release()
    return got


def digest(pixels: memoryview) -> str:
    return hashlib.blake2b(pixels, digest_size=16).hexdigest()


METHODS: dict[str, Method] = {
    "opencv read-all (default threads)": opencv_reads_all,
    "framesel 1 fps (default: 1 thread)": ours(1),
    "framesel 1 fps (threads by libav)": ours(0),
    "framesel 1 fps, no skipping": plain,
    "framesel keyframes": keyframes,
}


def measure(path: Path, runs: int) -> None:
    info = probe(path)
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    cpu: dict[str, list[float]] = {name: [] for name in METHODS}
    frames: dict[str, Digests] = {}
    for _ in range(runs):
        for name, method in METHODS.items():
            cpu_before, before = time.process_time(), time.perf_counter()
            frames[name] = method(path, info)
            seconds[name].append(time.perf_counter() - before)
            cpu[name].append(time.process_time() - cpu_before)
    baseline = statistics.median(seconds["opencv read-all (default threads)"])
    reference = opencv_keyframes(path, info)
    print(f"\n{path.name}: {info.width}x{info.height}, {info.frames} frames, {runs} runs, median")
    print(f"{'method':38}{'s':>8}{'cpu s':>8}{'frames':>8}{'ratio':>8}  identical to OpenCV's")
    for name, times in seconds.items():
        median = statistics.median(times)
        want = reference if "keyframes" in name else frames["opencv read-all (default threads)"]
        same = frames[name] == want
        print(
            f"{name:38}{median:8.3f}{statistics.median(cpu[name]):8.3f}{len(frames[name]):8}"
            f"{baseline / median:8.2f}  {'yes' if same else 'NO'}"
        )


def opencv_keyframes(path: Path, info: VideoInfo) -> Digests:
    """OpenCV's pictures at the positions of the keyframes."""
    line = read_index(path, info).timeline
    wanted = set(line.key.nonzero()[0].tolist())
    got: Digests = {}
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    for index in range(len(line)):
        done, bgr = capture.read()
        if done and index in wanted:
            got[index] = digest(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).data)
    capture.release()
    return got


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, default=default_source(), help="the clip to upscale")
    parser.add_argument("--cache", type=Path, help="where the clips are kept (default: temporary)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--hour", type=Path, help="write an hour of 1080p there instead, and stop")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or Path(temporary)
        cache.mkdir(parents=True, exist_ok=True)
        clips = {gop: cache / f"h264_1080p_gop{gop}.mp4" for gop in (250, FPS)}
        if options.hour:
            make_hour(make_clip(options.source, clips[250], 250), options.hour)
            print(f"{options.hour}: {options.hour.stat().st_size / 1e9:.2f} GB")
            return
        for gop, clip in clips.items():
            measure(make_clip(options.source, clip, gop), options.runs)


if __name__ == "__main__":
    main()
