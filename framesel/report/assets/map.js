// <fs-map>: every frame as a point, near what it looks like.

const { Component, columns, define, el, fmt, store } = framesel;
const REACH = 14;
const CLOSEST = 400;
const REST_MS = 150;
const METHODS = { pacmap: "PaCMAP", pca: "PCA" };

const KEYS = "Arrow keys move, plus and minus zoom, 0 shows everything, Enter opens the frame in the middle.";

class FsMap extends Component {
  #view = { x: 0, y: 0, scale: 1 };
  #fitted = true;
  #by = "fate";
  #size = "";
  #tipped = -1;
  #waiting = 0;
  #resting = 0;
  #rough = false;

  draw() {
    this.replaceChildren();
    const [x, y] = [columns("x"), columns("y")];
    if (!x || !y) {
      this.listen(store, "columns", () => this.draw(), { once: true });
      this.append(el("p", { class: "fs-figure-none", text: "There is no map of this selection." }));
      return;
    }
    framesel.whenNear(this, this.signal, () => this.#start(x, y));
  }

  #start(x, y) {
    this.grid = new framesel.Grid(x, y);
    this.#build();
    this.scene = new framesel.Scene(this.canvas, x, y);
    this.#size = "";
    this.#listen();
    this.#colour();
    this.#resize();
    this.#paint();
  }

  #build() {
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.mark = el("div", { class: "fs-map-mark", hidden: true });
    this.tip = el("div", { class: "fs-tip", hidden: true });
    this.pane = el("div", {
      class: "fs-map-pane", tabindex: "0", role: "application", "aria-label": "Map of frames", "aria-describedby": "fs-map-keys",
    }, this.canvas, this.mark, this.tip);
    this.said = el("p", { class: "fs-quiet", role: "status" });
    this.legend = el("div", { class: "fs-map-legend" });
    this.append(this.#controls(), this.pane, this.said, this.legend, this.#words());
  }

  #controls() {
    const choose = el("select", { id: "fs-map-colour", on: { change: () => this.#choose(choose.value) } },
      framesel.colourings().map(([name, text]) => el("option", { value: name, text, selected: name === this.#by })));
    const button = (text, title, click) => el("button", { type: "button", text, title, "aria-label": title, on: { click } });
    const middle = () => [this.pane.clientWidth / 2, this.pane.clientHeight / 2];
    return el("div", { class: "fs-figure-controls" },
      el("label", { for: "fs-map-colour", text: "Colour by" }), choose,
      el("span", { class: "fs-figure-buttons" },
        button("+", "Zoom in", () => this.#zoom(1.6, ...middle())),
        button("−", "Zoom out", () => this.#zoom(1 / 1.6, ...middle())),
        button("Show all", "Show all points", () => this.#fit())));
  }

  #words() {
    const { map } = store.story;
    const shown = columns("x").reduce((n, value) => n + (Number.isFinite(value) ? 1 : 0), 0);
    const how = METHODS[map?.method] ? `, placed by ${METHODS[map.method]}` : "";
    const part = map && map.rows > shown ? ` of ${fmt.count(map.rows)}` : "";
    return el("p", { class: "fs-quiet", id: "fs-map-keys" },
      `${fmt.count(shown)}${part} frames${how}. Those that look alike lie near each other; `
      + `the axes have no meaning. Drag to move; click the map, then the wheel zooms. ${KEYS}`);
  }

  #listen() {
    framesel.listenForMoves(this.pane, this.signal, {
      pan: (dx, dy) => this.#pan(dx, dy),
      zoom: (factor, x, y) => this.#zoom(factor, x, y),
      fit: () => this.#fit(),
      hover: (x, y) => this.#hover(x, y),
      press: (x, y, kind) => this.#press(x, y, kind),
      enter: () => this.#open(this.#near(this.pane.clientWidth / 2, this.pane.clientHeight / 2, Infinity)),
    });
    this.listen(store, "filters", () => this.#colour());
    this.listen(store, "change", () => this.#colour());
    framesel.palette.onTheme(this.signal, () => this.#colour());
    const size = new ResizeObserver(() => this.#resize());
    size.observe(this.pane);
    this.signal.addEventListener("abort", () => size.disconnect());
  }

  #choose(name) {
    this.#by = name;
    this.#colour();
  }

  /** Colours, filters, legend: whatever is not a move. */
  #colour() {
    const { rgb, pack, variable } = framesel.palette;
    const look = framesel.colouring(this.#by, this);
    const fates = columns("fate");
    this.scene.ground = pack(rgb(variable(this, "--figure-ground")));
    this.scene.ring = pack(rgb(variable(this, "--figure-ring")));
    this.lit = store.mask();
    const packed = new Map();
    const colours = Int32Array.from(fates, (_, i) => {
      const colour = look.of(i);
      if (!packed.has(colour)) packed.set(colour, pack(colour));
      return packed.get(colour);
    });
    const pick = store.story.fates.indexOf("pick");
    const picks = [];
    fates.forEach((fate, i) => fate === pick && picks.push(i));
    this.scene.dress(colours, this.lit, picks);
    this.#explain(look);
    this.#redraw();
  }

  #explain(look) {
    if (look.range) {
      const { css } = framesel.palette;
      const stops = look.steps.filter((_, i) => i % 7 === 0).map(css).join(", ");
      const bar = el("span", { class: "fs-map-ramp", css: { "background-image": `linear-gradient(90deg, ${stops})` } });
      const name = store.story.scores?.name ?? "score";
      this.legend.replaceChildren(
        el("span", { text: `${name} ${fmt.num(look.range[0])}` }), bar, el("span", { text: fmt.num(look.range[1]) }));
      return;
    }
    const list = look.entries.map((entry) => el("li", {}, this.#entry(entry)));
    this.legend.replaceChildren(el("ul", { "aria-label": "Colours" }, list));
    if (look.note) this.legend.append(el("span", { class: "fs-quiet", text: look.note }));
  }

  #entry({ text, colour, count, filter }) {
    const inside = [
      el("span", { class: "fs-swatch", css: { background: framesel.palette.css(colour) } }),
      el("span", { class: "fs-map-kind", text }), el("span", { class: "fs-quiet", text: fmt.count(count) }),
    ];
    if (!filter) return el("span", { class: "fs-map-entry" }, inside);
    const [[name, value]] = Object.entries(filter);
    const alone = store.filters[name]?.size === 1 && store.filters[name].has(value);
    const click = () => store.setFilters({ [name]: alone ? null : new Set([value]) });
    const pressed = String(Boolean(alone));
    return el("button", { type: "button", class: "fs-map-entry", "aria-pressed": pressed, title: "Show these alone", on: { click } }, inside);
  }

  #resize() {
    const { clientWidth, clientHeight } = this.pane;
    const size = `${clientWidth} ${clientHeight} ${window.devicePixelRatio}`;
    if (!clientWidth || size === this.#size) return;
    this.#size = size;
    this.scene.resize(clientWidth, clientHeight);
    if (this.#fitted) this.#fit();
    this.#redraw();
  }

  #fit() {
    const { left, right, bottom, top } = this.grid.bounds;
    const room = [this.pane.clientWidth - 32, this.pane.clientHeight - 32];
    this.fitting = Math.max(1e-9, Math.min(room[0] / (right - left), room[1] / (top - bottom)));
    this.#view = { x: (left + right) / 2, y: (bottom + top) / 2, scale: this.fitting };
    this.#moved(true);
  }

  #pan(dx, dy) {
    this.#view.x -= dx / this.#view.scale;
    this.#view.y += dy / this.#view.scale;
    this.#moved();
  }

  #zoom(factor, x, y) {
    const [at, up] = this.#data(x, y);
    this.#view.scale = Math.min(CLOSEST, Math.max(0.5, (this.#view.scale * factor) / this.fitting)) * this.fitting;
    const [nowAt, nowUp] = this.#data(x, y);
    this.#view.x += at - nowAt;
    this.#view.y += up - nowUp;
    this.#moved();
  }

  #moved(fitted = false) {
    this.#fitted = fitted;
    this.#point(-1);
    this.#redraw(true);
    if (document.activeElement === this.pane) this.#say();
  }

  /** What is in the middle, for those who move by keys. */
  #say() {
    const i = this.#near(this.pane.clientWidth / 2, this.pane.clientHeight / 2, 40);
    if (i >= 0) this.#point(i);
    const card = i < 0 ? null : framesel.card(columns("row")[i]);
    this.said.textContent = card ? `In the middle: ${describe(card)}.` : "";
  }

  /** Draws before the next frame of the screen; roughly while it moves, and finely once it rests. */
  #redraw(moving = false) {
    clearTimeout(this.#resting);
    if (moving) this.#resting = setTimeout(() => this.#redraw(), REST_MS);
    this.#rough = moving;
    this.#waiting ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    cancelAnimationFrame(this.#waiting);
    this.#waiting = 0;
    const closer = Math.log2(Math.max(1, this.#view.scale / this.fitting));
    const crowd = Math.log10(Math.max(10, columns("x").length));
    const radius = Math.min(5, Math.max(1, 5 - 0.75 * crowd) + 0.35 * closer);
    this.scene.draw(this.#view, radius, this.#rough);
  }

  #data(x, y) {
    const { scale } = this.#view;
    return [this.#view.x + (x - this.pane.clientWidth / 2) / scale, this.#view.y - (y - this.pane.clientHeight / 2) / scale];
  }

  #screen(i) {
    const { scale } = this.#view;
    return [
      (columns("x")[i] - this.#view.x) * scale + this.pane.clientWidth / 2,
      (this.#view.y - columns("y")[i]) * scale + this.pane.clientHeight / 2,
    ];
  }

  #near(x, y, reach) {
    const pick = store.story.fates.indexOf("pick");
    const fates = columns("fate");
    const nearer = (i) => (!this.lit[i] ? 0 : fates[i] === pick ? 0.6 : 1);
    const { left, right, bottom, top } = this.grid.bounds;
    const most = Math.hypot(right - left, top - bottom) * 2;
    return this.grid.nearest(...this.#data(x, y), Math.min(most, reach / this.#view.scale), nearer);
  }

  #hover(x, y) {
    this.#point(x === null ? -1 : this.#near(x, y, REACH));
  }

  #press(x, y, kind) {
    const i = this.#near(x, y, kind === "touch" ? REACH * 1.5 : REACH);
    // A finger cannot hover: its first touch shows the picture, its second one opens it.
    if (kind === "touch" && i !== this.#tipped) this.#point(i);
    else this.#open(i);
  }

  #open(i) {
    if (i >= 0) store.open(columns("row")[i]);
  }

  /** Rings a point and shows its picture; -1 for none. */
  #point(i) {
    this.#tipped = i;
    this.mark.hidden = this.tip.hidden = i < 0;
    this.pane.classList.toggle("fs-map-over", i >= 0);
    if (i < 0) return;
    const [x, y] = this.#screen(i);
    this.mark.style.translate = `${x}px ${y}px`;
    framesel.tip(this.tip, columns("row")[i], x, y, this.pane);
  }
}

const describe = (card) => `${card.video} at ${fmt.time(card.t_s)}, ${framesel.palette.fateOf(card)}`;

define("fs-map", FsMap);
