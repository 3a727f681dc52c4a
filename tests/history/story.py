"""Rounds with detectors, labels and models, in a workspace written by hand."""

from tests.history.handmade import Handmade

BOX = (10.0, 10.0, 50.0, 40.0)


def three_rounds(hand: Handmade) -> None:
    """Two closed rounds with a model each, and an open third one.

    The first detector sees a bird everywhere; the model of round 1 sees drones in every second
    frame instead; the model of round 2 sees the same as that of round 1.
    """
    birds = {key: [(*BOX, 0, 0.6)] for key in hand.keys}
    mixed = {key: [(*BOX, int(key[1] % 20 == 0), 0.6)] for key in hand.keys}
    hand.detections("x1", birds)
    hand.detections("x2", mixed)
    hand.detections("x3", mixed)
    hand.scores("u1", "x1", {(0, 0): 0.9, (1, 0): 0.7, (2, 0): 0.2})
    hand.scores("u2", "x2", {(0, 50): 0.5, (1, 50): 0.25}, error=0.125)
    hand.scores("u3", "x3", {(2, 50): 0.1})
    hand.trust("t2", {"scores": "u2", "detections": "x2"}, auroc=0.55, trusted=False, why="low")
    hand.round(1, [(0, 0), (1, 0), (2, 0)], {"detections": "x1", "scores": "u1"}, controls=1)
    hand.label({(0, 0): ["bird"], (1, 0): [], (2, 0): ["bird", "drone"], (3, 0): ["bird"]})
    hand.model(1, right=10, imports=1)
    seen = {"detections": "x2", "trust": "t2"}
    hand.round(2, [(0, 50), (1, 50)], seen, imports=1, controls=1, budget=2)
    hand.label({(0, 50): ["drone"], (1, 50): []}, seconds=5.0)
    hand.model(2, right=14, imports=2, difference={"round": 1, "word": "better"})
    more = {"detections": "x3", "scores": "u3"}
    hand.round(3, [(2, 50)], more, imports=2, closed=False, budget=1)
