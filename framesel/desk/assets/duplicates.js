// Near-duplicates side by side: the frame that stands for them, and one of them at a time.

import "./base.js";
import { get } from "./api.js";
import { dialog } from "./dialogs.js";
import { review } from "./review.js";
import { say, told } from "./status.js";
import { tiles } from "./tiles.js";
import { name } from "./words.js";

const { el, store } = framesel;

const DENIED = "You said that this is not a duplicate: the next run counts it as a frame of its own.";

const button = (text, key, click, kind = "") =>
  el("button", { type: "button", class: kind, on: { click } }, text, el("kbd", { text: key, "aria-hidden": "true" }));

class SideBySide {
  #at = 0;
  #left = el("div", { class: "pair-side" });
  #right = el("div", { class: "pair-side" });
  #strip = el("div", { class: "film" });
  #button = button("Not a duplicate ", "n", () => this.#deny(), "main");
  #pin = button("Pin it ", "p", () => this.#pinned());
  #words = el("p", { class: "note", role: "status" });

  constructor(keeper, others, start) {
    this.keeper = keeper;
    this.others = others;
    this.#at = Math.max(0, others.findIndex((card) => card.row === start));
  }

  open() {
    const pair = el("div", { class: "pair" }, this.#left, this.#right);
    const tools = el("div", { class: "pair-tools" }, this.#button, this.#pin, this.#words);
    const node = dialog("Near-duplicates side by side", [pair, tools, this.#strip], { wide: true });
    node.addEventListener("keydown", (event) => this.#key(event));
    this.#side(this.#left, this.keeper, "Stands for them");
    this.#draw();
  }

  get card() {
    return store.card(this.others[this.#at].row);
  }

  #side(node, card, words) {
    const picture = el("img", { alt: name(card) });
    framesel.thumb(card.row, 0).then((small) => (picture.src = small));
    const whole = new Image();
    whole.src = framesel.picture(card.row);
    whole.decode().then(() => (picture.src = whole.src)).catch(() => null);
    node.replaceChildren(el("h3", { text: words }), picture, el("p", { text: name(card) }));
  }

  #draw() {
    const { card } = this;
    this.#side(this.#right, card, `${this.#at + 1} of ${this.others.length} that it stands for`);
    const open = (row) => this.#move(this.others.findIndex((other) => other.row === row) - this.#at);
    this.#strip.replaceChildren(tiles(this.others, { open, kind: "strip", current: card.row }));
    this.#strip.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    const done = card.not_duplicate;
    this.#button.disabled = done;
    this.#words.textContent = done ? DENIED : "";
  }

  #move(by) {
    this.#at = (this.#at + by + this.others.length) % this.others.length;
    this.#draw();
  }

  async #deny() {
    const { card } = this;
    if (card.not_duplicate) return;
    if (await review.decide("not_duplicate", card.row)) this.#draw();
    else this.#words.textContent = told();
  }

  async #pinned() {
    const { card } = this;
    const answer = await review.decide("pin", card.row);
    this.#words.textContent = answer?.message ?? told();
  }

  #key(event) {
    const run = {
      ArrowRight: () => this.#move(1), ArrowLeft: () => this.#move(-1), j: () => this.#move(1), k: () => this.#move(-1),
      n: () => this.#deny(), p: () => this.#pinned(),
    }[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    run();
  }
}

/** Opens the dialog for a frame: for one that stands for others, or for one of those. */
export async function compareDuplicates(row) {
  const card = store.card(row);
  const keeper = card.fate === "duplicate" && Number.isInteger(card.keeper) ? card.keeper : row;
  try {
    const found = await get(`/api/frame/${keeper}`);
    review.learn([found.card, ...found.duplicates], found.seq);
    const listed = row === keeper || found.duplicates.some((one) => one.row === row);
    const others = listed ? found.duplicates : [card, ...found.duplicates];
    if (others.length) new SideBySide(found.card, others, row).open();
    else say("This frame has no near-duplicates.");
  } catch (error) {
    say(error.message, true);
  }
}
