// <fs-keys>: the keys of the page, and a button that lists them.

const { Component, define, el, store } = framesel;
const KEYS = [
  ["/", "find"],
  ["j, k", "next pick, previous pick"],
  ["arrows", "move between pictures"],
  ["Enter", "open the frame"],
  ["Esc", "close"],
  ["?", "these keys"],
];

const typing = (node) => node.closest?.("input:not([type=checkbox], [type=range]), select, textarea, [role=application]");

class FsKeys extends Component {
  draw() {
    this.dialog = el("dialog", { class: "keys", "aria-labelledby": "keys-title" },
      el("h2", { id: "keys-title", text: "Keys" }),
      el("dl", { class: "facts" }, KEYS.flatMap(([key, text]) => [el("dt", null, el("kbd", { text: key })), el("dd", { text })])),
      el("button", { type: "button", text: "Close", on: { click: () => this.dialog.close() } }));
    this.replaceChildren(el("button", { type: "button", class: "quiet", text: "Keys", on: { click: () => this.dialog.showModal() } }), this.dialog);
    this.listen(document, "keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const action = {
      "/": () => document.querySelector("fs-filters input[type=search]")?.focus(),
      "?": () => this.dialog.showModal(),
      j: () => document.querySelector("fs-sheet")?.move(1),
      k: () => document.querySelector("fs-sheet")?.move(-1),
    }[event.key];
    if (!action || !store.story) return;
    event.preventDefault();
    action();
  }
}

define("fs-keys", FsKeys);
