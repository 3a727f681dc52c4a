// The list of picks: only what is in view has nodes; on a narrow screen it is a strip.

import "./base.js";
import { review } from "./review.js";
import { fileName, judged, name, verdict } from "./words.js";

const { el, fmt, store } = framesel;
const NARROW = matchMedia("(max-width: 760px)");
const SPARE = 4;

const PARTS = [
  ["all", "All", () => true],
  ["open", "Open", (card) => !judged(card)],
  ["kept", "Kept", judged],
  ["rejected", "Rejected", () => true],
];

class PicksList {
  #root = document.getElementById("picks");
  #track = el("div", { class: "track", role: "presentation" });
  #note = document.getElementById("picks-note");
  #part = "all";
  #nodes = new Map();
  rows = [];

  mount() {
    this.#root.append(this.#track);
    this.#buttons();
    const draw = () => this.#draw();
    this.#root.addEventListener("scroll", draw, { passive: true });
    new ResizeObserver(draw).observe(this.#root);
    NARROW.addEventListener("change", () => this.refresh());
    review.addEventListener("picks", () => this.refresh());
    review.addEventListener("waiting", () => this.refresh());
    review.addEventListener("current", () => this.#follow());
    store.addEventListener("filters", () => this.refresh());
    store.addEventListener("columns", () => this.refresh());
    this.refresh();
  }

  #buttons() {
    const group = document.getElementById("picks-parts");
    for (const [key, label] of PARTS) {
      const press = () => this.show(key);
      const button = el("button", { type: "button", "data-part": key, on: { click: press } }, `${label} `, el("span", { class: "n" }));
      group.append(button);
    }
  }

  /** Shows "all", "open", "kept" or "rejected". */
  show(part) {
    this.#part = part;
    this.refresh();
    if (this.rows.length && !this.rows.includes(review.current)) review.go(this.rows[0]);
  }

  #of(part) {
    if (part === "rejected") return review.rejected;
    const passes = PARTS.find(([key]) => key === part)[2];
    return review.picks.filter((row) => passes(store.card(row)));
  }

  refresh() {
    const [all, rest] = [this.#of(this.#part), (row) => store.matches(store.card(row))];
    this.rows = all.filter(rest);
    for (const button of document.querySelectorAll("#picks-parts button")) {
      const part = button.dataset.part;
      button.setAttribute("aria-pressed", String(part === this.#part));
      button.querySelector(".n").textContent = fmt.count(this.#of(part).length);
    }
    this.#say(all.length);
    this.#forget();
    this.#draw();
    this.#follow();
  }

  /** Drops the nodes that would look different now; the others stay, so that no picture flickers. */
  #forget() {
    for (const [row, node] of this.#nodes) {
      const index = this.rows.indexOf(row);
      if (index < 0 || node.dataset.state !== this.#state(row, index)) this.#drop(row);
    }
  }

  #drop(row) {
    this.#nodes.get(row)?.remove();
    this.#nodes.delete(row);
  }

  /** All that an item shows, and where it stands. */
  #state(row, index) {
    const { rank, blurs } = store.card(row);
    return JSON.stringify([index, this.rows.length, rank, verdict(store.card(row)), blurs, NARROW.matches]);
  }

  #say(all) {
    const hidden = all - this.rows.length;
    const parts = [];
    if (review.waiting) parts.push("Looking for the next best frame…");
    if (hidden) parts.push(`${fmt.count(hidden)} hidden by filters.`);
    if (!all) parts.push(this.#part === "rejected" ? "Nothing is rejected." : "Nothing here.");
    this.#note.textContent = parts.join(" ");
    this.#note.hidden = !parts.length;
  }

  get #step() {
    const style = getComputedStyle(this.#root);
    return parseFloat(style.getPropertyValue(NARROW.matches ? "--item-width" : "--item-height"));
  }

  #draw() {
    const step = this.#step;
    const across = NARROW.matches;
    const [start, size] = across
      ? [this.#root.scrollLeft, this.#root.clientWidth]
      : [this.#root.scrollTop, this.#root.clientHeight];
    this.#track.style.setProperty("--length", `${this.rows.length * step}px`);
    const first = Math.max(0, Math.floor(start / step) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((start + size) / step) + SPARE);
    const wanted = new Set(this.rows.slice(first, last));
    for (const row of this.#nodes.keys()) if (!wanted.has(row)) this.#drop(row);
    for (let i = first; i < last; i++) this.#place(this.rows[i], i, step);
  }

  #place(row, index, step) {
    if (this.#nodes.has(row)) return;
    const node = this.#item(store.card(row), index);
    node.style.setProperty("--at", `${index * step}px`);
    this.#nodes.set(row, node);
    // In order, so that a screen reader meets them as they stand.
    const after = [...this.#track.children].find((other) => Number(other.dataset.index) > index);
    this.#track.insertBefore(node, after ?? null);
  }

  #item(card, index) {
    const [word, sign] = verdict(card);
    const where = el("span", { class: "where" }, fileName(card.video), el("span", { text: fmt.time(card.t_s) }));
    const picture = el("img", { alt: "", decoding: "async" });
    framesel.thumb(card.row, 160).then((url) => (picture.src = url));
    const label = [card.rank ? `rank ${card.rank}` : "", name(card), word].filter(Boolean).join(", ");
    return el(
      "div",
      {
        class: `item ${word}`, role: "option", id: `pick-${card.row}`,
        "data-index": index, "data-row": card.row, "data-state": this.#state(card.row, index),
        "aria-label": label, "aria-setsize": this.rows.length, "aria-posinset": index + 1,
        "aria-selected": String(card.row === review.current),
        on: { click: () => review.go(card.row) },
      },
      el("span", { class: "rank", text: card.rank ?? "" }), picture, where,
      sign && el("span", { class: "sign", title: word, text: sign, "aria-hidden": "true" }),
    );
  }

  #follow() {
    const index = this.rows.indexOf(review.current);
    for (const [row, node] of this.#nodes) node.setAttribute("aria-selected", String(row === review.current));
    if (index < 0) return this.#root.removeAttribute("aria-activedescendant");
    const step = this.#step;
    const [axis, side] = NARROW.matches ? ["scrollLeft", "clientWidth"] : ["scrollTop", "clientHeight"];
    const [from, size] = [this.#root[axis], this.#root[side]];
    if (index * step < from) this.#root[axis] = index * step;
    else if ((index + 1) * step > from + size) this.#root[axis] = (index + 1) * step - size;
    this.#draw();
    if (this.#nodes.has(review.current)) this.#root.setAttribute("aria-activedescendant", `pick-${review.current}`);
  }

  /** Goes up or down the list as it is shown; from a frame outside of it, back to the pick it hangs on. */
  move(by) {
    const at = this.rows.indexOf(review.current);
    if (at < 0) return review.go(this.rows.includes(review.pick) ? review.pick : this.rows[0] ?? review.pick);
    const next = Math.min(this.rows.length - 1, Math.max(0, at + by));
    review.go(this.rows[next]);
  }
}

export const list = new PicksList();
