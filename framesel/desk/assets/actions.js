// What a reviewer does to a frame, as commands and as buttons under the picture.

import "./base.js";
import { begin as beginBlur } from "./blur.js";
import { add, command, get } from "./commands.js";
import { ask } from "./dialogs.js";
import { compareDuplicates } from "./duplicates.js";
import { exportPicks } from "./exporting.js";
import { help } from "./desk_keys.js";
import { list } from "./picks_list.js";
import { review } from "./review.js";
import { similarTo } from "./search.js";
import { stage } from "./stage.js";
import { say } from "./status.js";
import * as tabs from "./tabs.js";

const { el, store } = framesel;

const here = () => store.card(review.current);
const picked = () => review.current !== null && here().fate === "pick";
const declined = () => review.current !== null && here().fate === "declined";
const inView = () => review.current !== null && tabs.shown() === "picks";
const on = (test) => () => inView() && !store.story.readonly && test();

function keep() {
  const { current } = review;
  review.decide("keep", current);
  if (picked()) list.move(1);
}

function because() {
  const row = review.current;
  const given = (text) => review.decide("reject", row, { text });
  ask("Reject with a reason", { label: "Why it should not be labelled", button: "Reject", longest: 500, required: false, given });
}

function tag() {
  const row = review.current;
  const known = [...new Set(review.picks.flatMap((pick) => store.card(pick).tags))].sort();
  const given = (text) => text && review.decide("tag", row, { text });
  ask("Tag this frame", { label: "Tag", button: "Add", longest: 60, known, given });
}

function pin() {
  if (here().verdict === "pinned") say("This frame is pinned already.");
  else review.decide("pin", review.current);
}

/** From another view to this one; from another frame to the pick it was reached from. */
function backToPick() {
  if (!inView()) tabs.show("picks");
  else if (review.pick !== null) review.go(review.pick);
}

function judging() {
  add({ id: "keep", label: "Keep", keys: ["a"], shown: "a", help: "Keep this pick and go to the next; on a rejected frame: take it back", run: keep, enabled: on(() => picked() || declined()) });
  add({ id: "reject", label: "Reject", keys: ["x"], shown: "x", help: "Reject: the next best frame takes its place", run: () => review.decide("reject", review.current), enabled: on(picked) });
  add({ id: "because", label: "Reject with a reason", keys: ["X"], shown: "Shift+x", run: because, enabled: on(picked) });
  add({ id: "pin", label: "Pin", keys: ["p"], shown: "p", help: "Pin: this frame is labelled whatever else is chosen", run: pin, enabled: on(() => review.current !== null) });
  add({ id: "tag", label: "Tag", keys: ["t"], shown: "t", help: "Tag this frame", run: tag, enabled: on(() => review.current !== null) });
  add({ id: "blur", label: "Blur", keys: ["b"], shown: "b", help: "Blur a part of the picture, here and in the export", run: beginBlur, enabled: on(() => review.current !== null) });
  add({ id: "similar", label: "Similar", keys: ["s"], shown: "s", help: "Find frames that look like this one", run: () => similarTo(review.current), enabled: () => inView() && review.current !== null });
  add({ id: "duplicates", label: "Duplicates", keys: ["d"], shown: "d", help: "Near-duplicates side by side; there, n says that two are none", run: () => compareDuplicates(review.current), enabled: () => inView() && review.current !== null });
}

function moving() {
  const step = (id, help_, keys, shown, run) => add({ id, label: help_, keys, shown, run, enabled: inView });
  step("next", "Next pick", ["j", "ArrowDown", "ArrowRight"], "j ↓ →", () => list.move(1));
  step("previous", "Previous pick", ["k", "ArrowUp", "ArrowLeft"], "k ↑ ←", () => list.move(-1));
  step("first", "First pick", ["Home"], "Home", () => list.move(-Infinity));
  step("last", "Last pick", ["End"], "End", () => list.move(Infinity));
  step("later", "The next frame of the same video", ["."], ".", () => stage.along(1));
  step("earlier", "The frame before, in the same video", [","], ",", () => stage.along(-1));
  add({ id: "return", label: "Back to the pick", keys: ["Escape"], shown: "Esc", run: backToPick });
  step("boxes", "Show or hide the detector's boxes", ["o"], "o", () => say(stage.toggleBoxes() ? "Boxes are shown." : "Boxes are hidden."));
}

function rest() {
  add({ id: "undo", label: "Undo", keys: ["z"], shown: "z", help: "Undo the last decision", run: () => review.turn("undo") });
  add({ id: "redo", label: "Redo", keys: ["Z"], shown: "Shift+z", help: "Redo what was undone", run: () => review.turn("redo") });
  add({ id: "export", label: "Export", keys: ["e"], shown: "e", help: "Export the picks as they are now", run: exportPicks });
  ["picks", "map", "videos", "search", "compare"].forEach((name, i) => {
    add({ id: `tab-${name}`, label: `Show ${name}`, keys: [String(i + 1)], shown: String(i + 1), run: () => tabs.show(name) });
  });
  add({ id: "help", label: "Keys", keys: ["?"], shown: "?", help: "This list", run: help });
}

function button(id, { plain = false } = {}) {
  const { label, shown, help: words } = get(id);
  const kbd = plain ? null : el("kbd", { "aria-hidden": "true", text: shown });
  return el("button", { type: "button", class: `do ${id}`, "data-command": id, title: `${words ?? label} (${shown})`, on: { click: () => command(id) } }, label, kbd);
}

function refresh() {
  for (const node of document.querySelectorAll("[data-command]")) {
    node.disabled = !(get(node.dataset.command).enabled?.() ?? true);
  }
  const keepButton = document.querySelector("[data-command=keep]");
  keepButton.firstChild.textContent = declined() ? "Take back" : "Keep";
}

/** Registers the commands and puts their buttons on the page. */
export function mount() {
  judging();
  moving();
  rest();
  const under = ["keep", "reject", "pin", "tag", "blur", "similar", "duplicates"];
  document.getElementById("actions").append(...under.map((id) => button(id)));
  document.getElementById("tools").prepend(...["undo", "redo", "export", "help"].map((id) => button(id, { plain: true })));
  for (const type of ["current", "picks"]) review.addEventListener(type, refresh);
  refresh();
}
