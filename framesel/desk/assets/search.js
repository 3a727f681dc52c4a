// Frames that look like another one, or like a picture that is dropped in.

import "./base.js";
import { get, postPicture } from "./api.js";
import { review } from "./review.js";
import { say } from "./status.js";
import * as tabs from "./tabs.js";
import { tiles } from "./tiles.js";
import { name } from "./words.js";

const { el, fmt, store } = framesel;
const MOST = 60;
const LARGEST = 20_000_000;
const HINT = "Press s on any frame, or give a picture of what you look for. On a hit, Enter opens it, p pins it, s searches on.";

class Search {
  #title = el("h2", { text: "Search by similarity", tabindex: -1 });
  #asked = el("div", { class: "asked" });
  #hits = el("div", { class: "hits" });
  #input = el("input", { type: "file", accept: "image/*", id: "search-file", class: "visually-hidden" });
  #turn = 0;

  mount() {
    const drop = el("label", { for: "search-file", class: "drop" }, el("b", { text: "Drop a picture anywhere" }), " or choose a file");
    const root = document.getElementById("view-search");
    const words = el("div", {}, this.#title, el("p", { class: "quiet by-keys", text: HINT }));
    root.append(el("header", { class: "head" }, this.#asked, words, this.#input, drop), this.#hits);
    this.#input.addEventListener("change", () => this.#input.files[0] && this.like(this.#input.files[0]));
    this.#hits.addEventListener("keydown", (event) => this.#key(event));
    review.addEventListener("picks", () => this.#again());
    this.#dropping();
  }

  #dropping() {
    const over = (on) => document.body.classList.toggle("dropping", on);
    addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.items].some((item) => item.kind === "file")) return;
      event.preventDefault();
      over(true);
    });
    addEventListener("dragleave", (event) => event.relatedTarget === null && over(false));
    addEventListener("drop", (event) => {
      over(false);
      const [file] = event.dataTransfer.files;
      if (!file) return;
      event.preventDefault();
      this.like(file);
    });
  }

  #key(event) {
    const row = Number(event.target.closest?.(".tile")?.dataset.row ?? NaN);
    if (!Number.isInteger(row) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "p") review.decide("pin", row);
    else if (event.key === "s") this.to(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Looks for frames like one of the workspace. */
  to(row) {
    const card = store.card(row);
    const picture = el("img", { alt: name(card) });
    framesel.thumb(row, 320).then((url) => (picture.src = url));
    return this.#look(`Similar to ${name(card)}`, picture, () => get(`/api/similar/${row}?k=${MOST}`));
  }

  /** Looks for frames like a picture from outside. */
  like(file) {
    tabs.show("search");
    if (!file.type.startsWith("image/")) return say(`${file.name} is not a picture: drop a JPEG or a PNG.`, true);
    if (file.size > LARGEST) return say(`${file.name} is larger than ${fmt.bytes(LARGEST)}: drop a smaller picture.`, true);
    const url = URL.createObjectURL(file);
    const picture = el("img", { alt: file.name, src: url, on: { load: () => URL.revokeObjectURL(url) } });
    return this.#look(`Similar to ${file.name}`, picture, () => postPicture("/api/similar", file));
  }

  async #look(title, picture, find) {
    const turn = ++this.#turn;
    tabs.show("search");
    this.#title.textContent = title;
    this.#asked.replaceChildren(picture);
    this.#hits.replaceChildren(el("p", { class: "note", text: "Searching…" }));
    this.#title.focus({ preventScroll: true });
    try {
      const { hits, seq } = await find();
      if (turn !== this.#turn) return;
      review.learn(hits.map((hit) => hit.card), seq);
      this.found = hits;
      this.#again();
      say(`${fmt.count(hits.length)} frames, the most similar first.`);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.found = [];
      this.#hits.replaceChildren(el("p", { class: "note trouble", text: error.message }));
      say(error.message, true);
    }
  }

  found = [];

  #again() {
    if (!this.found.length) return;
    const focused = document.activeElement?.closest?.(".hits .tile")?.dataset.row;
    const cards = this.found.map((hit) => store.card(hit.card.row));
    const notes = this.found.map((hit) => fmt.num(hit.cos, 3));
    this.#hits.replaceChildren(tiles(cards, { open: show, notes, side: 320 }));
    if (focused) this.#hits.querySelector(`[data-row="${focused}"]`)?.focus();
  }
}

/** Shows a frame in the first view. */
export function show(row) {
  tabs.show("picks");
  review.go(row);
}

const search = new Search();
export const mount = () => search.mount();
export const similarTo = (row) => search.to(row);
