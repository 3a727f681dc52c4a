"""Fine-tunes a COCO detector to the four classes of the drone clips, on a few frames of few clips.

The clips come from split ``train``, the same number of each class and spectrum as far as they
reach, from as many scenes as there are. Meant to end with a mediocre detector: one that misses and
confuses, so that there is something to find.

    python benchmarks/finetune.py --out bench-cache/drone-yolov8n.pt [--seed 1] [--freeze-batchnorm]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

from drone_clips import clips_of, data_folder, drone_video
from drone_labels import CLASSES, read_labels

from framesel.training import Example, Progress, freeze, train
from framesel.training.settings import TrainSettings
from framesel.video import jpeg
from framesel.video.decoders import decoder
from framesel.video.info import WHOLE
from framesel.video.probing import probe
from framesel.video.sampling import EveryN

JPEG_QUALITY = 95


def chosen_clips(count: int) -> list[str]:
    """Train clips in turn from each class and spectrum, and there in turn from each scene."""
    strata: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in clips_of("train"):
        strata[row["class"], row["spectrum"]][row["scene"]].append(row["clip"])
    turns = [in_turn(list(scenes.values())) for _, scenes in sorted(strata.items())]
    return in_turn(turns)[:count]


def in_turn(lists: list[list[str]]) -> list[str]:
    """The first of each list, then the second of each, and so on."""
    return [name for name in chain.from_iterable(zip_longest(*lists)) if name is not None]


def examples(clips: list[str], per_clip: int) -> Iterator[Example]:
    """Labelled frames of some clips, full-size, about so many of each."""
    for clip in clips:
        labels = read_labels(clip)
        path = drone_video(clip)
        every = EveryN(n=max(1, labels.frames // per_clip))
        for frame in decoder().sample(path, probe(path), WHOLE, every):
            height, width = frame.image.shape[:2]
            xyxy, class_no = labels.of(frame.index)
            data = jpeg.encode(frame.image, JPEG_QUALITY, None)
            yield Example(f"{clip}-{frame.index:05d}", data, xyxy, class_no, (width, height))


def report(progress: Progress) -> None:
    """Prints about every tenth of the way."""
    every = max(1, progress.iterations // 10)
    if progress.remark:
        print(progress.remark)
    if progress.iteration % every == 0 or progress.iteration == progress.iterations:
        done = f"{progress.iteration} of {progress.iterations}"
        print(f"batch {done}: loss {progress.loss:.3f}", flush=True)


def parsed() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of footage; default as FRAMESEL_DATA")
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--per-clip", type=int, default=12, help="frames of each clip, about")
    parser.add_argument("--size", type=int, default=320, help="pixels")
    parser.add_argument("--batches", type=int, default=300)
    parser.add_argument("--batch", type=int, default=16, help="pictures in a batch")
    parser.add_argument("--warmup", type=int, default=20, help="batches in which the rate rises")
    parser.add_argument("--plain-end", type=int, default=0, help="batches at the end, no mosaic")
    parser.add_argument("--averaging", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--freeze-batchnorm", action="store_true")
    parser.add_argument("--work", type=Path, help="folder in which a killed run can go on")
    parser.add_argument("--out", type=Path, default=Path("bench-cache/drone-yolov8n.pt"))
    return parser.parse_args()


def main() -> None:
    """Freeze the pictures, train, leave one weights file."""
    options = parsed()
    if options.data:
        os.environ["FRAMESEL_DATA"] = str(options.data.resolve())
    settings = TrainSettings(
        size_px=options.size,
        iterations=options.batches,
        batch=options.batch,
        warmup=options.warmup,
        plain_end=options.plain_end,
        averaging=options.averaging,
        seed=options.seed,
        freeze_batchnorm=options.freeze_batchnorm,
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    clips = chosen_clips(options.clips)
    with tempfile.TemporaryDirectory(dir=options.out.parent) as scratch:
        folder = options.work or Path(scratch)
        pictures = freeze(folder / "data", examples(clips, options.per_clip), CLASSES)
        print(f"{pictures} pictures of {len(clips)} clips:", *clips, flush=True)
        trained = train(
            folder / "data",
            settings,
            str(data_folder() / "weights" / "yolov8n-approx.pt"),
            CLASSES,
            folder,
            device=options.device,
            threads=options.threads,
            on_step=report,
        )
        shutil.copyfile(trained.weights, options.out)
    known = ", ".join(trained.taken_over) or "none"
    print(
        f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB; classes known before: {known}"
    )


if __name__ == "__main__":
    main()
