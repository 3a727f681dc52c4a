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
  ask("Reject with a reason", {
    label: "Why it should not be labelled", button: "Reject", longest: 500, required: false,
    given: (text) => review.decide("reject", row, { text }),
  });
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

/** What is done to the frame in view; `more` is what differs from "enabled when there is one". */
function judge(id, label, key, help_, run, more = {}) {
  add({ id, label, keys: [key], shown: key, help: help_, run, enabled: on(() => true), ...more });
}

function judging() {
  const reject = () => review.decide("reject", review.current);
  const similar = () => similarTo(review.current);
  const duplicates = () => compareDuplicates(review.current);
  const keeps = on(() => picked() || declined());
  judge("keep", "Keep", "a", "Keep this pick and go to the next; on a rejected frame: take it back", keep, { enabled: keeps });
  judge("reject", "Reject", "x", "Reject: the next best frame takes its place", reject, { enabled: on(picked) });
  judge("because", "Reject with a reason", "X", "Reject with a reason", because, { shown: "Shift+x", enabled: on(picked) });
  judge("pin", "Pin", "p", "Pin: this frame is labelled whatever else is chosen", pin);
  judge("tag", "Tag", "t", "Tag this frame", tag);
  judge("blur", "Blur", "b", "Blur a part of the picture, here and in the export", beginBlur);
  judge("similar", "Similar", "s", "Find frames that look like this one", similar, { enabled: inView });
  judge("duplicates", "Duplicates", "d", "Near-duplicates side by side; there, n says that two are none", duplicates, { enabled: inView });
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
  const boxes = () => say(stage.toggleBoxes() ? "Boxes are shown." : "Boxes are hidden.");
  step("boxes", "Show or hide the detector's boxes", ["o"], "o", boxes);
}

function rest() {
  const entry = (id, label, keys, shown, help_, run) => add({ id, label, keys, shown, help: help_, run });
  entry("undo", "Undo", ["z"], "z", "Undo the last decision", () => review.turn("undo"));
  entry("redo", "Redo", ["Z"], "Shift+z", "Redo what was undone", () => review.turn("redo"));
  entry("export", "Export", ["e"], "e", "Export the picks as they are now", exportPicks);
  ["picks", "map", "videos", "search", "compare"].forEach((name, i) => {
    const key = String(i + 1);
    entry(`tab-${name}`, name, [key], key, `Show ${name}`, () => tabs.show(name));
  });
  entry("help", "Keys", ["?"], "?", "This list", help);
}

function button(id, { plain = false } = {}) {
  const { label, shown, help: words } = get(id);
  const kbd = plain ? null : el("kbd", { "aria-hidden": "true", text: shown });
  const title = `${words ?? label} (${shown})`;
  const on_ = { click: () => command(id) };
  return el("button", { type: "button", class: `do ${id}`, "data-command": id, title, on: on_ }, label, kbd);
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
  const above = ["undo", "redo", "export", "help"];
  document.getElementById("tools").prepend(...above.map((id) => button(id, { plain: true })));
  for (const type of ["current", "picks"]) review.addEventListener(type, refresh);
  refresh();
}
