// <fs-timeline>: every video a line; only those near the window are there as nodes.

const { Component, columns, define, el, fmt, store } = framesel;
const CLOSED = 40;
const OPEN = 132;
const BESIDE = 4;
const ORDERS = [["name", "name"], ["picks", "picks"], ["length", "length"], ["score", "score"]];

class FsTimeline extends Component {
  #by = "name";
  #text = "";
  #closed = null;
  #order = [];
  #tops = [0];
  #nodes = new Map();
  #waiting = 0;

  draw() {
    this.replaceChildren();
    if (!columns("video")) {
      this.listen(store, "columns", () => this.draw(), { once: true });
      this.append(el("p", { class: "fs-figure-none", text: "The frames are not loaded yet." }));
      return;
    }
    framesel.whenNear(this, this.signal, () => this.#start());
  }

  #start() {
    this.begin = framesel.lines.starts();
    this.scores = framesel.lines.meanScores(this.begin);
    this.look = framesel.lineLook(this);
    // a still is one frame: its line has little to show until somebody asks
    this.#closed ??= new Set(store.story.videos.flatMap((video, v) => (video.kind === "image" ? [v] : [])));
    this.#build();
    this.#listen();
    this.#arrange();
  }

  #build() {
    this.said = el("p", { class: "fs-quiet", role: "status" });
    this.list = el("ul", { class: "fs-lines", "aria-label": "Videos" });
    this.window = el("div", { class: "fs-lines-window", tabindex: "0", role: "region", "aria-label": "Videos over time" }, this.list);
    this.append(this.#controls(), this.#legend(), this.said, this.window);
  }

  #controls() {
    const known = this.scores.some(Number.isFinite);
    const orders = ORDERS.filter(([name]) => name !== "score" || known);
    const sort = el("select", { id: "fs-timeline-sort", on: { change: () => this.#sort(sort.value) } },
      orders.map(([value, text]) => el("option", { value, text, selected: value === this.#by })));
    const find = el("input", {
      type: "search", id: "fs-timeline-find", value: this.#text, autocomplete: "off", on: { input: () => this.#find(find.value) },
    });
    this.fold = el("button", { type: "button", text: "Collapse all", on: { click: () => this.#foldAll() } });
    return el("div", { class: "fs-figure-controls" },
      el("label", { for: "fs-timeline-find", text: "Find a video" }), find,
      el("label", { for: "fs-timeline-sort", text: "Sort by" }), sort,
      el("span", { class: "fs-figure-buttons" }, this.fold));
  }

  #legend() {
    const name = store.story.scores?.name;
    const key = (kind) => el("span", { class: `fs-key fs-key-${kind}`, "aria-hidden": "true" });
    const entry = (kind, text) => el("li", {}, key(kind), text);
    const bar = this.look.range ? `a frame, the higher the more it scores${name ? ` (${name})` : ""}` : "a frame";
    return el("ul", { class: "fs-line-legend fs-quiet", "aria-label": "Marks" },
      entry("pick", "pick"), entry(this.look.range ? "bar" : "bar fs-key-plain", bar), entry("run", "near-duplicates in a row"), entry("poor", "poor quality"));
  }

  #listen() {
    this.listen(this.window, "scroll", () => this.#later(), { passive: true });
    this.listen(store, "filters", () => this.#arrange());
    this.listen(store, "change", () => this.#arrange());
    framesel.palette.onTheme(this.signal, () => this.#repaint());
    let width = 0;
    const size = new ResizeObserver(() => {
      if (this.list.clientWidth === width) return void this.#fill();
      width = this.list.clientWidth;
      this.#repaint();
    });
    size.observe(this.window);
    this.signal.addEventListener("abort", () => size.disconnect());
  }

  #sort(by) {
    this.#by = by;
    this.window.scrollTop = 0;
    this.#arrange();
  }

  #find(text) {
    this.#text = text;
    this.window.scrollTop = 0;
    this.#arrange();
  }

  #foldAll() {
    const all = store.story.videos.map((_, v) => v);
    this.#closed = new Set(this.#closed.size ? [] : all);
    this.#arrange();
  }

  #toggle(v) {
    if (!this.#closed.delete(v)) this.#closed.add(v);
    this.#arrange();
    this.#nodes.get(v)?.node.querySelector("button")?.focus();
  }

  /** Which videos, in which order, how far down each: then draws anew. */
  #arrange() {
    const { passing, pickCounts, sorted } = framesel.lines;
    this.lit = store.mask();
    const numbers = { scores: this.scores, picks: pickCounts(this.begin) };
    this.#order = sorted(passing(this.begin, this.lit, this.#text), this.#by, numbers);
    this.#tops = [0];
    for (const v of this.#order) this.#tops.push(this.#tops.at(-1) + (this.#closed.has(v) ? CLOSED : OPEN));
    this.list.style.height = `${this.#tops.at(-1)}px`;
    const all = store.story.videos.length;
    const shown = this.#order.length;
    this.said.textContent = shown === all ? `${fmt.count(all)} videos` : `${fmt.count(shown)} of ${fmt.count(all)} videos`;
    this.fold.textContent = this.#closed.size ? "Expand all" : "Collapse all";
    this.#clear();
    this.#fill();
  }

  #clear() {
    for (const { node } of this.#nodes.values()) node.remove();
    this.#nodes.clear();
  }

  #repaint() {
    this.look = framesel.lineLook(this);
    this.#clear();
    this.#fill();
  }

  #later() {
    this.#waiting ||= requestAnimationFrame(() => {
      this.#waiting = 0;
      this.#fill();
    });
  }

  /** Keeps nodes for the lines in the window and a few beside it, and for the one with the focus. */
  #fill() {
    const [top, bottom] = [this.window.scrollTop, this.window.scrollTop + this.window.clientHeight];
    const first = Math.max(0, this.#tops.findLastIndex((y) => y <= top) - BESIDE);
    const end = Math.min(this.#order.length, (this.#tops.findIndex((y) => y > bottom) + 1 || Infinity) + BESIDE);
    const wanted = new Map();
    for (let k = first; k < end; k++) wanted.set(this.#order[k], k);
    for (const [v, { node }] of this.#nodes) {
      if (wanted.has(v) || node.contains(document.activeElement)) continue;
      node.remove();
      this.#nodes.delete(v);
    }
    for (const [v, k] of wanted) if (!this.#nodes.has(v)) this.#add(v, k);
  }

  #add(v, k) {
    const line = framesel.lines.line(v, this.begin);
    const made = framesel.lineNodes(line, !this.#closed.has(v), () => this.#toggle(v), this.look, this.lit);
    made.node.style.top = `${this.#tops[k]}px`;
    made.node.setAttribute("aria-setsize", this.#order.length);
    made.node.setAttribute("aria-posinset", k + 1);
    const after = [...this.#nodes].find(([other]) => this.#order.indexOf(other) > k);
    this.list.insertBefore(made.node, after ? after[1].node : null);
    this.#nodes.set(v, made);
    made.paint();
  }
}

define("fs-timeline", FsTimeline);
