"""Every score: what it says, its range, where it comes from and what it needs.

In every score a higher value means that a label would teach more.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from framesel.errors import UsageError


@dataclass(frozen=True, slots=True)
class Score:
    """One row of ``framesel list scores``.

    Attributes:
        name: In recipes and as a column of the scores table.
        family: Which question it asks.
        group: What is computed together with it.
        range: Of its values; for scores of boxes before they are aggregated to the frame.
        summary: What a high value means.
        reference: The paper.
        needs: Keys of ``NEEDS``.
    """

    name: str
    family: str
    group: str
    range: str
    summary: str
    reference: str
    needs: tuple[str, ...] = ()


NEEDS: Final[Mapping[str, str]] = {
    "features": "a detector whose last layer can be read (a .pt or torchvision, not an export), "
    "and detections.features: true",
    "sides": "a detector that gives distributions of box sides (YOLOv8, YOLO11; not YOLO26, "
    "torchvision or an export)",
    "committee": "a second detector: committee: [{weights: …}]",
    "hflip": "detections.views with hflip",
    "bright": "detections.views with bright",
    "crop": "detections.views with crop",
    "companions": "frames in quick succession: frames.sample.companions: 2, or mode: every_n",
}
"""What a score may need, and which setting provides it."""

_ROWS = (
    ("least_confidence", "one pass", "one_pass", "[0, 1]", "no class is likely",
     "Lewis & Gale 1994", ()),
    ("margin", "one pass", "one_pass", "[0, 1]", "two classes, or one and nothing, are close",
     "Scheffer et al. 2001", ()),
    ("entropy", "one pass", "one_pass", "[0, ln(C+1)]", "the classes are equally likely",
     "Settles 2009", ()),
    ("binary_entropy", "one pass", "one_pass", "[0, C ln 2]", "many classes are undecided",
     "Yang et al. 2024 (PPAL)", ()),
    ("vote_entropy", "committee", "committee", "[0, ln M]", "the members vote differently",
     "Dagan & Engelson 1995", ("committee",)),
    ("average_kl", "committee", "committee", "[0, ln M]", "the members are far from their mean",
     "McCallum & Nigam 1998", ("committee",)),
    ("max_disagreement", "committee", "committee", "[0, ln M]", "one member is far from the mean",
     "Danka & Horvath 2018 (modAL)", ("committee",)),
    ("consensus_entropy", "committee", "committee", "[0, ln(C+1)]", "their mean is undecided",
     "Danka & Horvath 2018 (modAL)", ("committee",)),
    ("variation_ratio", "committee", "committee", "[0, 1-1/M]", "many vote against the majority",
     "Freeman 1965; Beluch et al. 2018", ("committee",)),
    ("variation_ratio_of_mean", "committee", "committee", "[0, 1]", "their mean is not sure",
     "modAL's reading of the variation ratio", ("committee",)),
    ("box_disagreement", "committee", "committee", "[0, 1]", "the members' boxes overlap little",
     "Roy et al. 2018", ("committee",)),
    ("bald", "Bayesian", "mc_dropout", "[0, ln(C+1)]", "sampled last layers contradict one another",
     "Houlsby et al. 2011; Gal et al. 2017", ("features",)),
    ("predictive_variance", "Bayesian", "mc_dropout", "[0, 1]", "sampled last layers differ",
     "Gal & Ghahramani 2016", ("features",)),
    ("laplace_bald", "Bayesian", "laplace", "[0, ln 2]",
     "the last layer knows too little to answer yes or no", "Daxberger et al. 2021; Houlsby et al. "
     "2011", ("features",)),
    ("laplace_variance", "Bayesian", "laplace", "[0, 1/4]",
     "the features are unlike those that the last layer knows", "Daxberger et al. 2021",
     ("features",)),
    ("expected_gradient_length", "model change", "model_change", ">= 0",
     "a label would move the last layer far", "Settles & Craven 2008", ("features",)),
    ("gradient_norm", "model change", "model_change", ">= 0",
     "even the likeliest label would move the last layer", "Ash et al. 2020 (BADGE)",
     ("features",)),
    ("variance_reduction", "expected error", "pool", ">= 0",
     "a label would settle what a model on the embeddings predicts elsewhere", "Cohn et al. 1996",
     ()),
    ("localisation_variance", "place", "place", ">= 0", "the sides of boxes are uncertain",
     "Li et al. 2021 (GFLv2); Choi et al. 2021", ("sides",)),
    ("side_entropy", "place", "place", "[0, 1]", "the sides' distributions are flat",
     "Li et al. 2021 (GFLv2)", ("sides",)),
    ("hflip_inconsistency", "consistency", "hflip", "[0, 1]", "mirroring gives other boxes",
     "Jeong et al. 2019 (CSD); Yu et al. 2022 (CALD)", ("hflip",)),
    ("bright_inconsistency", "consistency", "bright", "[0, 1]", "brightening gives other boxes",
     "Yu et al. 2022 (CALD)", ("bright",)),
    ("crop_inconsistency", "consistency", "crop", "[0, 1]", "cropping gives other boxes",
     "Yu et al. 2022 (CALD)", ("crop",)),
    ("flicker", "time", "time", "[0, 1]", "confidence jumps along a track",
     "Bengar et al. 2019", ("companions",)),
    ("jitter", "time", "time", "[0, 1]", "boxes jump along a track", "Bengar et al. 2019",
     ("companions",)),
    ("class_switch", "time", "time", "[0, 1]", "the class changes along a track",
     "Jin et al. 2018", ("companions",)),
    ("gap", "time", "time", ">= 0", "a track is there before and after: probably a miss",
     "Bengar et al. 2019; Jin et al. 2018", ("companions",)),
    ("lonely", "time", "time", ">= 0", "a box without a track: probably a false alarm",
     "Bengar et al. 2019", ("companions",)),
    ("silence", "silence", "silence", "[0, 1]", "the frame probably holds an object that is missed",
     "framesel; see framesel.uncertainty.silence", ()),
    ("faint", "silence", "silence", "[0, 1]", "objects nearly crossed the threshold",
     "framesel; see framesel.uncertainty.silence", ()),
    ("nearby", "silence", "silence", "[0, 1)", "frames shortly before and after hold more boxes",
     "framesel; see framesel.uncertainty.silence", ()),
    ("neighbours", "silence", "silence", "[0, 1/4]", "frames that look alike hold confident boxes",
     "framesel; see framesel.uncertainty.silence", ()),
    ("density", "surroundings", "pool", "[0, 1] for beta >= 0", "the frame is like many others",
     "Settles & Craven 2008", ()),
    ("typicality", "surroundings", "pool", "> 0", "its nearest frames are very near",
     "Hacohen et al. 2022 (TypiClust)", ()),
    ("novelty", "surroundings", "pool", "[0, 2]", "no labelled frame is like it",
     "Sener & Savarese 2018", ()),
)  # fmt: skip

SCORES: Final[Mapping[str, Score]] = {row[0]: Score(*row) for row in _ROWS}


def checked_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if there are such scores.

    Raises:
        UsageError: There is no such score; the message names the nearest.
    """
    for name in names:
        if name not in SCORES:
            near = difflib.get_close_matches(name, SCORES, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"there is no score {name!r}{hint} `framesel list scores` shows them all."
            )
    return names
