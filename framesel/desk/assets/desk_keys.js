// The keyboard: one key a command, and a list of them.

import "./base.js";
import { quit } from "./api.js";
import { everything, keyed } from "./commands.js";
import { dialog, open } from "./dialogs.js";
import { say } from "./status.js";

const { el } = framesel;
const WRITES = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || open()) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest(WRITES)) return;
  const moves = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
  // Elements that move by themselves keep their arrows.
  if (moves && target.closest("fs-map, fs-timeline, [role=tablist], [data-own-arrows]")) return;
  const entry = keyed(event.key);
  if (!entry || !(entry.enabled?.() ?? true)) return;
  event.preventDefault();
  entry.run();
}

/** Listens for keys. */
export function mount() {
  document.addEventListener("keydown", pressed);
}

/** Shows what the keys do. */
export function help() {
  const shown = (entry) => entry.shown.split(" ").map((key) => el("kbd", { text: key }));
  const rows = everything().map((entry) =>
    el("tr", {}, el("td", {}, ...shown(entry)), el("td", { text: entry.help ?? entry.label })));
  const heads = ["Key", "What it does"].map((text) => el("th", { scope: "col", text }));
  const head = el("thead", { class: "visually-hidden" }, el("tr", {}, ...heads));
  const close = async () => {
    node.close();
    await quit().catch((error) => say(error.message, true));
  };
  const end = el(
    "p", { class: "end" },
    el("button", { type: "button", text: "Close the desk", on: { click: close } }),
    el("span", { class: "quiet", text: "Every decision is on disk already." }),
  );
  const node = dialog("Keys", [el("table", { class: "keys" }, head, el("tbody", {}, ...rows)), end]);
}
