"""Which frame a labelled picture shows: by identity, not by luck."""

from __future__ import annotations

from dataclasses import dataclass

from framesel.annotation.returned import LabelledPicture
from framesel.errors import LabelsError
from framesel.handover.known_frames import Known, KnownFrames
from framesel.handover.known_names import bare, is_dressed, key_in, spoken, stem_of


@dataclass(frozen=True, slots=True)
class Refused:
    """A picture that is no frame of this workspace, or not the one that it claims to be.

    Attributes:
        name: What the labels call it; may be anything.
        why: For a person.
    """

    name: str
    why: str

    def __str__(self) -> str:
        return f"{readable(self.name)}: {self.why}"


def readable(text: str) -> str:
    """A text from outside that a terminal and a file can take, and a person can read."""
    return (text if text.isprintable() else ascii(text))[:200]


def called(picture: LabelledPicture) -> str:
    """What labels call a picture."""
    return picture.name or picture.key or f"{picture.video}, frame {picture.index}"


class Matcher:
    """Finds frames for labelled pictures.

    All that labels say of a picture must speak of one frame: its name, its key, its video with a
    number, its size, its digest. A name is that of a handed picture, with what tools add (folders,
    another ending, ``a1b2c3d4-`` of Label Studio, ``.rf.`` of Roboflow), or one that the catalog
    reproduces exactly, or that of a still picture. A name or a video that means nothing here is
    passed over if something else names a frame; a name that is made as ours are and fits no frame
    is refused. A key counts only for frames that were handed out: other workspaces count their
    videos alike.
    """

    def __init__(self, known: KnownFrames) -> None:
        self.known = known

    def find(self, picture: LabelledPicture) -> Known | Refused:
        """The frame that a picture shows, or why there is none."""
        try:
            return self._checked(picture, self._agreed(picture))
        except LabelsError as error:
            return Refused(called(picture), str(error))

    def size(self, name: str) -> tuple[int, int] | None:
        """Width and height of a picture by its name (``formats.Sizes``)."""
        try:
            found = self._named(name)
        except LabelsError:
            return None
        return None if found is None else (found.width, found.height)

    def _agreed(self, picture: LabelledPicture) -> Known:
        """The frame that all names of a picture mean."""
        named = self._named(picture.name) if picture.name else None
        keyed = self._keyed(picture.key) if picture.key else None
        numbered = self._numbered(picture, needed=not (named or keyed))
        claims = {"its name": named, "its key": keyed, "its video and number": numbered}
        found = {what: known for what, known in claims.items() if known is not None}
        if not found:
            raise LabelsError(
                "names no picture that was handed out, and no frame of this workspace"
            )
        if len({known.key for known in found.values()}) > 1:
            said = ", ".join(f"{what} means {_told(known)}" for what, known in found.items())
            raise LabelsError(f"names several frames: {said}")
        return next(iter(found.values()))

    def _named(self, name: str) -> Known | None:
        """The frame that a name means; None where it means nothing here."""
        stem = stem_of(name)
        known = self.known.by_stem.get(stem) or self.known.by_stem.get(bare(stem))
        if known is not None:
            return known
        said = spoken(stem)
        if said is None:
            return self.known.still(name)
        if not is_dressed(said.stem, self.known.stem(said.video_no, said.pts)):
            raise LabelsError(
                f"video {said.video_no} of this workspace has no frame of that name: does it come "
                "from another workspace?"
            )
        if said.stem != stem:
            raise LabelsError("gives context to another picture, in a handover that is not here")
        return self.known.frame(said.video_no, said.pts)

    def _keyed(self, text: str) -> Known | None:
        key = key_in(text)
        if key is None:
            raise LabelsError(f"{text[:40]!r} is no key of a frame (VIDEO_NO:PTS)")
        return self.known.by_key.get(key)

    def _numbered(self, picture: LabelledPicture, *, needed: bool) -> Known | None:
        """The frame of a number; a video that is not known is passed over if it is not needed."""
        if not picture.video or picture.index is None:
            return None
        try:
            video_no = self.known.video(picture.video)
        except LabelsError:
            if needed:
                raise
            return None
        return self.known.numbered(video_no, picture.index)

    def _checked(self, picture: LabelledPicture, known: Known) -> Known:
        """Compares what was given with the frame.

        Raises:
            LabelsError: The picture is another, or not one to be labelled.
        """
        for given, true in ((picture.width, known.width), (picture.height, known.height)):
            if given is not None and given != true:
                raise LabelsError(
                    f"is {picture.width} x {picture.height} pixels large, and the frame is "
                    f"{known.width} x {known.height}"
                )
        if picture.sha256 and known.digests and picture.sha256 not in known.digests:
            raise LabelsError(
                "its file is not the one that was handed out (SHA-256 differs); where a tool wrote "
                "it anew, import the labels without the pictures"
            )
        if known.context_of and picture.boxes:
            raise LabelsError(
                f"has {len(picture.boxes)} boxes and only gives context to {known.context_of}: "
                "draw them there, or hand this frame out to be labelled"
            )
        return known


def _told(known: Known) -> str:
    return f"pts {known.key[1]} of video {known.key[0]}"
