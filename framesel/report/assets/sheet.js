// <fs-sheet>: the picks in rank order. Tiles are filled as they come near the window, and emptied
// as they leave it; `content-visibility` instead makes each dialog over 2,000 tiles ten times slower.
//
// With a filter on what became of frames it shows those frames instead, the first few hundred.

const { columns, Component, define, el, fmt, store } = framesel;
const MOST_OTHERS = 600;
const NEAR = "1200px";

class FsSheet extends Component {
  #tiles = new Map();
  #current = null;
  #now = null;

  draw() {
    this.list = el("ol", { class: "sheet", "aria-label": "Frames, arrow keys move" });
    this.said = el("p", { class: "said", role: "status" });
    this.replaceChildren(el("div", { class: "sheet-bar" }, this.said, this.#controls()), this.list);
    this.aspect = framesel.frames.shape(store.story.pick_rows.map(framesel.card));
    this.style.setProperty("--aspect", String(this.aspect));
    this.#tiles.clear();
    this.#now = null;
    this.watch = new IntersectionObserver((seen) => seen.forEach((one) => this.#near(one.target, one.isIntersecting)), { rootMargin: NEAR });
    this.signal.addEventListener("abort", () => this.watch.disconnect());
    const sizes = new ResizeObserver(() => this.#estimate());
    sizes.observe(this.list);
    this.signal.addEventListener("abort", () => sizes.disconnect());
    this.refresh();
    for (const type of ["filters", "columns"]) this.listen(store, type, () => this.refresh());
    this.listen(store, "change", (event) => this.#changed(event.detail.rows));
    this.listen(this.list, "keydown", (event) => this.#key(event));
    this.listen(this.list, "focusin", (event) => this.#settle(event.target.closest("li")));
    this.listen(window, "beforeprint", () => this.#print(true));
    this.listen(window, "afterprint", () => this.#print(false));
  }

  #controls() {
    const size = el("input", { type: "range", min: "8", max: "30", value: "15", step: "1", on: { input: () => this.list.style.setProperty("--tile", `${size.value}rem`) } });
    const show = el("input", { type: "checkbox", checked: document.documentElement.dataset.boxes !== "off" });
    show.addEventListener("change", () => (document.documentElement.dataset.boxes = show.checked ? "on" : "off"));
    return el("div", { class: "sheet-controls" },
      el("label", null, el("span", { text: "Size" }), size),
      store.story.classes.length > 0 && el("label", null, show, el("span", { text: "Boxes" })));
  }

  /** How high a tile will be, so that places in the page stay where they are as tiles fill. */
  #estimate() {
    const wide = parseFloat(getComputedStyle(this.list).gridTemplateColumns);
    const text = 6.625 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    if (wide) this.list.style.setProperty("--tall", `${wide / this.aspect + text}px`);
  }

  /** Rows to show: picks that pass, then others that a filter on fates asks for. */
  #rows() {
    const picks = store.story.pick_rows.filter((row) => store.matches(framesel.card(row)));
    const fates = store.filters.fate;
    if (!fates || !columns("row") || [...fates].every((name) => name === "pick")) return [picks, 0];
    const mask = store.mask();
    const fate = columns("fate");
    const pick = store.story.fates.indexOf("pick");
    const others = columns("row").filter((_, i) => mask[i] && fate[i] !== pick);
    return [picks.concat([...others.slice(0, MOST_OTHERS)]), others.length];
  }

  /** Shows what the filters let through. */
  refresh() {
    const [rows, others] = this.#rows();
    const focused = this.list.contains(document.activeElement);
    // Thousands of tiles are moved only if others are to be shown.
    if (!rows.length || String(rows) !== this.#now) this.list.replaceChildren(...rows.map((row) => this.#tile(row)));
    this.#now = String(rows);
    if (!rows.includes(this.#current)) this.#current = rows[0] ?? null;
    this.#say(rows.length, others);
    if (focused) this.#focus(this.#current);
    else this.#rove();
  }

  #say(shown, others) {
    const all = store.story.pick_rows.length;
    const picks = shown - Math.min(others, MOST_OTHERS);
    const parts = [picks === all ? `${fmt.count(all)} picks` : `${fmt.count(picks)} of ${fmt.count(all)} picks`];
    if (others) parts.push(`${fmt.count(others)} other frames${others > MOST_OTHERS ? `, the first ${MOST_OTHERS} are shown` : ""}`);
    this.said.textContent = parts.join(", ");
    if (shown) return;
    const clear = () => store.clearFilters();
    this.list.append(el("li", { class: "nothing" }, el("p", { text: all ? "No frame passes all filters." : "Nothing was picked." }),
      all > 0 && el("button", { type: "button", text: "Clear filters", on: { click: clear } })));
  }

  #tile(row) {
    if (!this.#tiles.has(row)) {
      const node = el("li", { class: "tile", "data-row": row });
      this.#tiles.set(row, node);
      this.watch.observe(node);
    }
    return this.#tiles.get(row);
  }

  #near(node, near) {
    if (near) this.#fill(node);
    else if (!this.printing && !node.contains(document.activeElement)) node.replaceChildren();
  }

  /** Paper shows all tiles. */
  #print(printing) {
    this.printing = printing;
    for (const node of this.#tiles.values()) {
      if (printing) this.#fill(node);
      this.watch.unobserve(node);
      this.watch.observe(node); // which tells anew whether it is near
    }
  }

  #fill(node) {
    if (node.childElementCount || !node.dataset.row) return;
    const card = framesel.card(Number(node.dataset.row));
    node.dataset.fate = card.fate;
    node.append(...framesel.frames.tile(card).filter(Boolean));
    if (card.row === this.#current) this.#rove();
  }

  #changed(rows) {
    const focused = this.list.contains(document.activeElement);
    for (const row of rows) {
      const node = this.#tiles.get(row);
      if (!node?.childElementCount) continue;
      node.replaceChildren();
      this.#fill(node);
    }
    this.refresh();
    if (focused && this.#current !== null) this.#focus(this.#current);
  }

  /** One tile is in the order of the tab key: the last that was used. */
  #rove() {
    this.list.querySelectorAll('a[tabindex="0"]').forEach((node) => node.setAttribute("tabindex", "-1"));
    this.#tiles.get(this.#current)?.querySelector("a")?.setAttribute("tabindex", "0");
  }

  #settle(node) {
    if (!node?.dataset.row) return;
    this.#current = Number(node.dataset.row);
    this.#rove();
  }

  #focus(row) {
    const node = this.#tiles.get(row);
    if (!node) return;
    this.#fill(node);
    this.#settle(node);
    node.querySelector("a").focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
  }

  /** Moves on by so many tiles. */
  move(step) {
    const rows = [...this.list.children].map((node) => Number(node.dataset.row));
    if (!this.#tiles.size || !this.list.contains(document.activeElement)) return this.#focus(this.#current);
    const place = Math.min(rows.length - 1, Math.max(0, rows.indexOf(this.#current) + step));
    return this.#focus(rows[place]);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const wide = getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
    const all = this.list.children.length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide, Home: -all, End: all };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.move(steps[event.key]);
  }
}

define("fs-sheet", FsSheet);
