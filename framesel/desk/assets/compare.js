// Two selections beside each other: numbers, and the frames that only one of them chose.

import "./base.js";
import { get } from "./api.js";
import { review } from "./review.js";
import { show } from "./search.js";
import { tiles } from "./tiles.js";

const { el, fmt } = framesel;

class Compare {
  #a = el("select", { id: "compare-a" });
  #b = el("select", { id: "compare-b" });
  #out = el("div", { class: "compared", "aria-live": "polite" });
  #turn = 0;

  async draw(root) {
    const pickers = el("header", { class: "head pickers" }, el("label", { for: "compare-a" }, "First ", this.#a), el("label", { for: "compare-b" }, "Second ", this.#b));
    root.append(pickers, this.#out);
    try {
      const all = await get("/api/selections");
      if (all.length < 2) return this.#say("There is one selection in this workspace. Run it with another strategy or budget, and compare the two here.");
      for (const select of [this.#a, this.#b]) {
        select.append(...all.map((one) => el("option", { value: one.name, text: `${one.name}: ${one.strategy}, ${fmt.count(one.picks)} picks` })));
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
    const cell = (value) => el("td", { class: /^[-−\d.,% ]+$/.test(String(value)) ? "n" : "", text: typeof value === "number" ? fmt.num(value, 3) : String(value ?? "–") });
    const head = el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "" }), ...names.map((word) => el("th", { scope: "col", text: word }))));
    const body = el("tbody", {}, ...rows.filter(([, a, b]) => a || b).map(([what, a, b]) => el("tr", {}, el("th", { scope: "row", text: what }), cell(a), cell(b))));
    head.querySelector("th").replaceWith(el("td"));
    const columns = only.map((cards, i) => {
      review.meet(cards);
      const frames = cards.length ? tiles(cards, { open: show, kind: "small" }) : el("p", { class: "note", text: "None." });
      return el("section", { "aria-label": `Only in ${names[i]}` }, el("h2", { text: `Only in ${names[i]}` }), el("p", { class: "quiet", text: `${fmt.count(cards.length)} frames` }), frames);
    });
    const shared = el("p", { class: "quiet", text: `${fmt.count(both)} frames are in both.` });
    this.#out.replaceChildren(el("div", { class: "table" }, el("table", {}, head, body)), shared, el("div", { class: "columns" }, ...columns));
  }
}

const compare = new Compare();
export const draw = (root) => compare.draw(root);
