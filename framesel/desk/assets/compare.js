// Two selections beside each other: numbers, and the frames that only one of them chose.

import "./base.js";
import { get } from "./api.js";
import { review } from "./review.js";
import { show } from "./search.js";
import { tiles } from "./tiles.js";
import { counted } from "./words.js";

const { el, fmt } = framesel;
const ALONE =
  "There is one selection in this workspace. Run it with another strategy or budget, and compare the two here.";
const NUMBER = /^[-−\d.,% ]+$/;

/** A number stands right, words stand left. */
function cell(value) {
  const text = typeof value === "number" ? fmt.num(value, 3) : String(value ?? "–");
  return el("td", { class: NUMBER.test(text) ? "n" : "", text });
}

function table(names, rows) {
  const heads = names.map((word) => el("th", { scope: "col", text: word }));
  const body = rows.filter(([, a, b]) => a || b).map(([what, a, b]) =>
    el("tr", {}, el("th", { scope: "row", text: what }), cell(a), cell(b)));
  const whole = el("table", {}, el("thead", {}, el("tr", {}, el("td"), ...heads)), el("tbody", {}, ...body));
  return el("div", { class: "table" }, whole);
}

function column(name, cards) {
  review.meet(cards);
  const title = `Only in ${name}`;
  const frames = cards.length ? tiles(cards, { open: show, kind: "small" }) : el("p", { class: "note", text: "None." });
  const number = el("p", { class: "quiet", text: counted(cards.length, "frame") });
  return el("section", { "aria-label": title }, el("h2", { text: title }), number, frames);
}

class Compare {
  #a = el("select", { id: "compare-a" });
  #b = el("select", { id: "compare-b" });
  #out = el("div", { class: "compared", "aria-live": "polite" });
  #turn = 0;

  async draw(root) {
    const first = el("label", { for: "compare-a" }, "First ", this.#a);
    const second = el("label", { for: "compare-b" }, "Second ", this.#b);
    const pickers = el("header", { class: "head pickers" }, first, second);
    root.append(pickers, this.#out);
    try {
      const all = await get("/api/selections");
      if (all.length < 2) return this.#say(ALONE);
      for (const select of [this.#a, this.#b]) {
        const text = (one) => `${one.name}: ${one.strategy}, ${counted(one.picks, "pick")}`;
        select.append(...all.map((one) => el("option", { value: one.name, text: text(one) })));
        select.addEventListener("change", () => this.#compare());
      }
      this.#b.selectedIndex = 1;
      await this.#compare();
    } catch (error) {
      this.#say(error.message);
    }
  }

  #say(words) {
    this.#out.replaceChildren(el("p", { class: "note", text: words }));
  }

  async #compare() {
    const turn = ++this.#turn;
    this.#say("Comparing…");
    const query = new URLSearchParams({ a: this.#a.value, b: this.#b.value });
    try {
      const found = await get(`/api/compare?${query}`);
      if (turn === this.#turn) this.#show(found);
    } catch (error) {
      if (turn === this.#turn) this.#say(error.message);
    }
  }

  #show({ names, rows, only, both }) {
    const shared = el("p", { class: "quiet", text: `In both: ${counted(both, "frame")}.` });
    const columns = only.map((cards, i) => column([this.#a.value, this.#b.value][i], cards));
    this.#out.replaceChildren(table(names, rows), shared, el("div", { class: "columns" }, ...columns));
  }
}

const compare = new Compare();
export const draw = (root) => compare.draw(root);
