// <fs-filters>: which frames are shown, by text, video, reason, class, tag, score and fate.

const { columns, Component, define, el, fmt, store } = framesel;

/** How many picks have each value, most frequent first. */
function counted(valuesOf) {
  const counts = new Map();
  for (const row of store.story.pick_rows) {
    for (const value of valuesOf(framesel.card(row))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, text: String(value), count }))
    .sort((a, b) => b.count - a.count || a.text.localeCompare(b.text));
}

function videos() {
  return store.story.videos
    .map(({ no, name, picks }) => ({ value: no, text: name, count: picks }))
    .sort((a, b) => (b.count > 0) - (a.count > 0) || a.text.localeCompare(b.text, "en", { numeric: true }));
}

function fates() {
  const counts = new Array(store.story.fates.length).fill(0);
  for (const fate of columns("fate") ?? []) counts[fate] += 1;
  return store.story.fates
    .map((value, i) => ({ value, text: framesel.palette.FATES[value] ?? value, count: counts[i] }))
    .filter(({ count }) => count);
}

/** Lowest and highest score of all frames, or null. */
function scores() {
  const all = columns("score") ?? store.story.pick_rows.map((row) => framesel.card(row).score ?? NaN);
  let [low, high] = [Infinity, -Infinity];
  for (const value of all) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? [low, high] : null;
}

const FACETS = [
  ["video", "Video", videos],
  ["source", "Reason", () => counted((card) => [card.source].filter(Boolean))],
  ["classes", "Class", () => counted((card) => Object.keys(card.classes))],
  ["tags", "Tag", () => counted((card) => card.tags)],
  ["fate", "What became of it", fates],
];

class FsFilters extends Component {
  #own = false;

  draw() {
    this.search = el("input", {
      type: "search", class: "filters-text", "aria-label": "Find by video, class, reason or tag", placeholder: "Find video, class, reason",
      value: store.filters.text, on: { input: () => this.#set({ text: this.search.value }) },
    });
    this.facets = el("div", { class: "facets" });
    this.chips = el("ul", { class: "chips", "aria-label": "Filters that are set" });
    this.replaceChildren(el("div", { class: "filters", role: "search", "aria-label": "Filters" }, this.search, this.facets), this.chips);
    this.#build();
    this.listen(store, "filters", () => this.#changed());
    for (const type of ["change", "columns"]) this.listen(store, type, () => this.#build());
    this.listen(document, "click", (event) => this.#closeAll(event.target.closest?.(".facet")));
    this.listen(this, "keydown", (event) => event.key === "Escape" && this.#escape(event));
    this.listen(this, "toggle", (event) => event.target.open && this.#closeAll(event.target), { capture: true });
  }

  #set(patch) {
    this.#own = true;
    store.setFilters(patch);
    this.#own = false;
  }

  #changed() {
    if (!this.#own) {
      this.search.value = store.filters.text;
      this.#build();
    }
    this.#say();
  }

  /** The facets anew; one that is open stays open. */
  #build() {
    const open = this.facets.querySelector("details[open]")?.dataset.name;
    const nodes = FACETS.map(([name, text, values]) => {
      const found = values();
      if (found.length < 2 && !store.filters[name]) return null;
      return this.#named(name, framesel.facet(text, found, store.filters[name], (chosen) => this.#set({ [name]: chosen })));
    });
    const range = scores();
    if (range) {
      nodes.push(this.#named("score", framesel.rangeFacet("Score", range, store.filters.score, (score) => this.#set({ score }))));
    }
    this.facets.replaceChildren(...nodes.filter(Boolean));
    const again = open && [...this.facets.children].find((node) => node.dataset.name === open);
    if (again) again.open = true;
    this.#say();
  }

  #named(name, node) {
    node.dataset.name = name;
    return node;
  }

  #say() {
    const chips = [];
    const chip = (text, patch) => chips.push(el("li", null, el("button", {
      type: "button", class: "chip", "aria-label": `Remove filter ${text}`, on: { click: () => this.#remove(patch) },
    }, el("span", { text }), el("span", { class: "chip-x", "aria-hidden": "true", text: "×" }))));
    for (const [name, title] of FACETS) {
      for (const value of store.filters[name] ?? []) {
        const rest = new Set(store.filters[name]);
        rest.delete(value);
        chip(`${title}: ${this.#text(name, value)}`, { [name]: rest.size ? rest : null });
      }
    }
    const { score, text } = store.filters;
    if (score) chip(`Score: ${fmt.num(score[0])} to ${fmt.num(score[1])}`, { score: null });
    if (text.trim()) chip(`Text: ${text.trim()}`, { text: "" });
    if (chips.length > 1) {
      chips.push(el("li", null, el("button", { type: "button", class: "quiet", text: "Clear all", on: { click: () => this.#remove(null) } })));
    }
    this.chips.replaceChildren(...chips);
  }

  /** A chip is gone once it was used: the search field takes over its place. */
  #remove(patch) {
    if (patch) store.setFilters(patch);
    else store.clearFilters();
    (this.chips.querySelector("button") ?? this.search).focus();
  }

  #text(name, value) {
    if (name === "video") return store.video(value)?.name ?? String(value);
    if (name === "fate") return framesel.palette.FATES[value] ?? value;
    return String(value);
  }

  #closeAll(but) {
    for (const node of this.facets.children) if (node !== but) node.open = false;
  }

  #escape(event) {
    const open = this.facets.querySelector("details[open]");
    if (!open) return;
    event.stopPropagation();
    open.open = false;
    open.querySelector("summary").focus();
  }
}

define("fs-filters", FsFilters);
