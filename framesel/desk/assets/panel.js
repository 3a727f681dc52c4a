// What is known of the frame in view: why it is here, its numbers, tags, duplicates.

import "./base.js";
import { command } from "./commands.js";
import { details } from "./details.js";
import { review } from "./review.js";
import { tiles } from "./tiles.js";
import { name } from "./words.js";

const { el, fmt, store } = framesel;

const small = (text, id) => el("button", { type: "button", class: "small", text, on: { click: () => command(id) } });

const part = (title, ...children) => el("section", { class: "part" }, el("h3", { text: title }), ...children);

/** Lines such as "  gain   1.2" as terms and their descriptions; others as they are. */
function reasons(lines) {
  const nodes = [];
  for (const line of lines) {
    const [, what, rest] = /^\s+(\S.*?)\s{2,}(.*)$/.exec(line) ?? [];
    if (!what) nodes.push(el("p", { text: line.trim() }));
    else {
      if (nodes.at(-1)?.tagName !== "DL") nodes.push(el("dl", { class: "reasons" }));
      nodes.at(-1).append(el("dt", { text: what }), el("dd", { text: rest }));
    }
  }
  return nodes;
}

class Panel {
  #root = document.getElementById("panel");
  #found = null;
  #row = null;

  mount() {
    review.addEventListener("current", (event) => this.#draw(event.detail.card));
    details.addEventListener("details", (event) => {
      this.#found = event.detail;
      if (!event.detail.failed) this.#draw(store.card(event.detail.card.row));
    });
  }

  #draw(card) {
    const found = this.#found?.card?.row === card.row ? this.#found : null;
    const focused = this.#root.contains(document.activeElement);
    if (this.#row !== card.row) this.#root.scrollTop = 0;
    this.#row = card.row;
    this.#root.replaceChildren(
      ...[
        this.#head(card), this.#why(card, found), this.#terms(card), this.#tags(card),
        this.#apart(card), this.#duplicates(card, found), this.#facts(card),
      ].filter(Boolean),
    );
    if (focused) this.#root.focus({ preventScroll: true });
  }

  #head(card) {
    const words = { kept: "kept", pinned: "pinned by you", replacement: "took the place of a rejected frame" };
    const pick = `Pick ${card.rank} of ${fmt.count(review.picks.length)}`;
    const state = card.rank ? pick : `Not a pick: ${framesel.palette.fateOf(card)}`;
    const size = card.size?.[0] ? `${card.size[0]} × ${card.size[1]}` : "";
    const verdict = words[card.verdict] ? ` · ${words[card.verdict]}` : "";
    return el(
      "header", {},
      el("h2", { title: card.video, text: card.video }),
      el("p", { class: "quiet", text: size ? `${fmt.time(card.t_s)} · ${size}` : fmt.time(card.t_s) }),
      el("p", { class: `state ${card.verdict || card.fate}`, text: state + verdict }),
    );
  }

  #why(card, found) {
    const lines = found?.why?.length ? found.why : [card.detail].filter(Boolean);
    if (!card.rank) return lines.length ? part("Why it was left out", ...reasons(lines)) : null;
    // The first line says what stands above already, or what the strategy thought before a reviewer spoke.
    const rest = lines.slice(1);
    const told = !card.reason || rest.some((line) => line.includes(card.reason));
    return part("Why it was chosen", ...reasons(told ? rest : [card.reason, ...rest]));
  }

  #terms(card) {
    const terms = Object.entries(card.terms).filter(([, value]) => value !== null);
    const most = Math.max(...terms.map(([, value]) => Math.abs(value)), 1e-12);
    if (terms.length < 2) return null;
    const bars = terms.map(([term, value]) => {
      const bar = el("i", { css: { "--share": String(Math.abs(value) / most) } });
      return el("li", {}, el("span", { text: term }), bar, el("span", { class: "n", text: fmt.num(value) }));
    });
    return part("What it adds", el("ul", { class: "bars", role: "list" }, ...bars));
  }

  #tags(card) {
    const chip = (tag) => {
      const drop = () => review.decide("untag", card.row, { text: tag });
      const label = `Remove the tag ${tag}`;
      const button = el("button", { type: "button", "aria-label": label, text: "×", on: { click: drop } });
      return el("li", { class: "tag-chip" }, tag, button);
    };
    const add = el("li", {}, small("Add a tag", "tag"));
    return part("Tags", el("ul", { class: "tags", role: "list" }, ...card.tags.map(chip), add));
  }

  /** Of a near-duplicate: the frame that stands for it. */
  #apart(card) {
    const keeper = card.keeper === null || card.keeper === undefined ? null : store.card(card.keeper);
    if (card.fate !== "duplicate" || !keeper) return null;
    const button = small("Side by side", "duplicates");
    return part("Near-duplicate of", tiles([keeper], { open: (row) => review.go(row), kind: "few" }), button);
  }

  #duplicates(card, found) {
    if (!found?.duplicates?.length) return null;
    const button = small("Side by side", "duplicates");
    const shown = tiles(found.duplicates, { open: (row) => review.go(row), kind: "few" });
    return part("Near-duplicates that it stands for", shown, button);
  }

  #facts(card) {
    const rows = [
      ["Nearest pick", card.nearest && this.#nearest(card.nearest)],
      ["Objects", Object.entries(card.classes).map(([word, n]) => `${n} ${word}`).join(", ")],
      ["Score", card.score !== null && fmt.num(card.score, 3)],
      ["Sharpness", fmt.num(card.quality.sharpness, 0)],
      ["Brightness", fmt.num(card.quality.brightness, 0)],
    ];
    const items = rows.filter(([, value]) => value).flatMap(([what, value]) => [el("dt", { text: what }), el("dd", {}, value)]);
    return part("This frame", el("dl", {}, ...items));
  }

  #nearest(nearest) {
    const words = `${nearest.t_s === null ? nearest.video : name(nearest)} (${fmt.num(nearest.distance)})`;
    const known = nearest.row !== null && nearest.row !== undefined && store.card(nearest.row);
    return known ? el("button", { type: "button", class: "link", text: words, on: { click: () => review.go(nearest.row) } }) : words;
  }
}

export const panel = new Panel();
