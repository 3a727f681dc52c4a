// What every part of the page and of the desk shares: nodes, numbers as text, columns, the store.
//
// Inline modules cannot import one another, so there is one global, `framesel`. Its properties
// cannot be replaced; other files add theirs with `framesel.share`.

const framesel = {};

/** Adds properties to `framesel` that nothing can change afterwards. */
const share = (parts) => Object.entries(parts).forEach(([name, value]) =>
  Object.defineProperty(framesel, name, { value, enumerable: true }));

Object.defineProperty(window, "framesel", { value: framesel });

function dress(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "css") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (name === "on") for (const [type, f] of Object.entries(value)) node.addEventListener(type, f);
    else if (/^(on|style$|srcdoc$)/i.test(name)) throw new TypeError(`no attribute ${name}: use on or css`);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An element: props are attributes, and `class`, `text`, `on: {type: f}`, `css: {property: value}`. */
const el = (tag, props, ...children) => dress(document.createElement(tag), props, children);

/** The same for SVG. */
const svg = (tag, props, ...children) => dress(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

/** `customElements.define`, once. */
function define(name, type) {
  if (!customElements.get(name)) customElements.define(name, type);
}

const known = (x) => x !== null && x !== undefined && Number.isFinite(x);
const count = (n) => (known(n) ? Math.round(n).toLocaleString("en") : "–");

/** At most `digits` digits after the point; tiny numbers keep two significant ones. */
function num(x, digits = 2) {
  if (!known(x)) return "–";
  if (x !== 0 && Math.abs(x) < 10 ** -digits) return x.toPrecision(2);
  return x.toLocaleString("en", { maximumFractionDigits: digits });
}

function share_(x) {
  if (!known(x)) return "–";
  if (x > 0 && x < 0.001) return "< 0.1%";
  return `${num(100 * x, x < 0.1 ? 1 : 0)}%`;
}

/** Seconds as minutes and seconds: 62.3 is 1:02.3; hours only where there are some. */
function time(seconds) {
  if (!known(seconds)) return "–";
  const tenths = Math.round(Math.abs(seconds) * 10);
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  const hours = Math.floor(minutes / 60);
  const head = hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}` : `${minutes}`;
  return `${seconds < 0 ? "−" : ""}${head}:${rest}`;
}

function bytes(n) {
  if (!known(n)) return "–";
  const power = n < 1 ? 0 : Math.min(4, Math.floor(Math.log(n) / Math.log(1024)));
  return `${num(n / 1024 ** power, power ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

const TYPES = { f32: Float32Array, f64: Float64Array, i32: Int32Array, i16: Int16Array, u8: Uint8Array };
const decoded = new Map();

/** Base64 to bytes. */
function unpack(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

/** A column over the frames that the page holds, as a typed array; null if there is none. */
function columns(name) {
  const packed = store.story?.columns?.[name];
  if (!packed) return null;
  if (!decoded.has(name)) decoded.set(name, new TYPES[packed.type](unpack(packed.data).buffer));
  return decoded.get(name);
}

/** Where a frame's row stands in the columns; -1 if the page does not hold it. */
function at(row) {
  const rows = columns("row");
  let low = 0;
  let high = (rows?.length ?? 0) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rows[middle] === row) return middle;
    if (rows[middle] < row) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

const NO_FILTERS = { video: null, fate: null, source: null, classes: null, tags: null, score: null, text: "" };
const any = (set, values) => !set || values.some((value) => set.has(value));
const terms = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

/** What a text search looks at. */
const words = (card) =>
  [card.video, card.source, card.reason, card.limit, ...Object.keys(card.classes), ...card.tags].join(" ").toLowerCase();

class Store extends EventTarget {
  story = null;
  filters = { ...NO_FILTERS };
  selected = null;
  #cards = new Map();
  #rows = new Map();
  #videos = new Map();
  #mask = null;

  #tell = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }));

  /** Takes a story; tells "story". The page does so itself, the desk once it has fetched it. */
  load(story) {
    this.story = story;
    decoded.clear();
    this.#mask = null;
    this.#videos = new Map((story.videos ?? []).map((video) => [video.no, video]));
    this.#cards.clear();
    this.add(story.cards ?? []);
    this.#tell("story", { story });
  }

  /** Takes columns that came later; tells "columns". */
  addColumns(parts) {
    this.story.columns = { ...this.story.columns, ...parts };
    for (const name of Object.keys(parts)) decoded.delete(name);
    this.#mask = null;
    this.#tell("columns", { names: Object.keys(parts) });
  }

  /** Takes cards in, or newer ones in place of older ones, and says nothing. */
  add(cards) {
    cards.forEach((card) => this.#keep(card));
    this.#mask = null;
  }

  #keep(card) {
    this.#cards.set(card.row, card);
    this.#rows.set(card.key, card.row);
  }

  /** Changed cards, and the picks if these changed (rows in rank order); tells "change". */
  change({ cards = [], pick_rows = null }) {
    this.add(cards);
    if (pick_rows) this.story.pick_rows = pick_rows;
    const [fates, ranks] = ["fate", "rank"].map(columns);
    for (const card of cards) {
      const place = at(card.row);
      if (place < 0) continue;
      if (fates) fates[place] = this.story.fates.indexOf(card.fate);
      if (ranks) ranks[place] = card.rank ?? 0;
    }
    this.#tell("change", { rows: cards.map((card) => card.row), pick_rows });
  }

  /** The card of a row: whole, or a light one from the columns, or null. */
  card(row) {
    if (this.#cards.has(row)) return this.#cards.get(row);
    const card = this.#light(row);
    if (card) this.#keep(card);
    return card;
  }

  #light(row) {
    const place = at(row);
    if (place < 0) return null;
    const video = this.story.videos[columns("video")[place]];
    const pts = columns("pts")?.[place] ?? null;
    const score = columns("score")?.[place];
    const keeper = columns("keeper")?.[place] ?? -1;
    return {
      light: true, row, key: `${video.no}:${pts}`, video_no: video.no, video: video.name, pts,
      t_s: columns("t_s")[place], fate: this.story.fates[columns("fate")[place]],
      rank: columns("rank")?.[place] || null, score: Number.isFinite(score) ? score : null,
      quality: { sharpness: columns("sharpness")?.[place] ?? null }, source: "", gain: null, terms: {},
      mass: null, span: null, nearest: null, reason: "", limit: "", detail: "", revived: false, classes: {}, boxes: [], size: null,
      keeper: keeper >= 0 ? keeper : null, verdict: "", tags: [], blurs: [], image: null,
    };
  }

  /** The row of a frame's key ("12:3400"), or -1. */
  rowOf(key) {
    if (this.#rows.has(key)) return this.#rows.get(key);
    const [no, pts] = String(key).split(":").map(Number);
    const [rows, all, places] = ["row", "pts", "video"].map(columns);
    const video = this.#videos.get(no);
    if (!rows || !all || !video) return -1;
    const index = this.story.videos.indexOf(video);
    return rows.find((_, i) => places[i] === index && all[i] === pts) ?? -1;
  }

  video = (no) => this.#videos.get(no) ?? null;

  /** Sets some filters and leaves the others; tells "filters". */
  setFilters(patch) {
    this.filters = { ...this.filters, ...patch };
    this.#mask = null;
    this.#tell("filters", { filters: this.filters });
  }

  clearFilters = () => this.setFilters(NO_FILTERS);

  /** Whether a card passes every filter. */
  matches(card) {
    const f = this.filters;
    const named = any(f.video, [card.video_no]) && any(f.fate, [card.fate]) && any(f.tags, card.tags);
    if (!named || !any(f.source, [card.source]) || !any(f.classes, Object.keys(card.classes))) return false;
    if (f.score && !(card.score !== null && card.score >= f.score[0] && card.score <= f.score[1])) return false;
    const wanted = terms(f.text);
    return !wanted.length || wanted.every((word) => words(card).includes(word));
  }

  /** A byte for each frame of the columns: 1 if it passes. What only cards know, light frames fail. */
  mask() {
    if (this.#mask) return this.#mask;
    const rows = columns("row");
    const [videos, fate, score] = ["video", "fate", "score"].map(columns);
    const f = this.filters;
    const wanted = terms(f.text);
    const named = (name) => wanted.every((word) => name.toLowerCase().includes(word));
    const good = this.story.videos.map((video) => any(f.video, [video.no]) && named(video.name));
    const fates = this.story.fates.map((name) => any(f.fate, [name]));
    const whole = f.source || f.classes || f.tags;
    this.#mask = Uint8Array.from(rows ?? [], (row, i) => {
      const card = this.#cards.get(row);
      if (card && !card.light) return this.matches(card);
      if (whole || !good[videos[i]] || !fates[fate[i]]) return 0;
      return !f.score || (score && score[i] >= f.score[0] && score[i] <= f.score[1]);
    });
    return this.#mask;
  }

  /** Shows a frame; tells "open". */
  open(row) {
    if (!this.card(row)) return;
    this.selected = row;
    this.#tell("open", { row });
  }

  /** Shows no frame; tells "close". */
  close() {
    const row = this.selected;
    this.selected = null;
    if (row !== null) this.#tell("close", { row });
  }
}

const store = new Store();

// Modules run one after another; a part may draw with what comes after it only once all have run.
let ready = document.readyState === "complete";
const whenReady = new Promise((done) => {
  for (const [target, type] of [[document, "DOMContentLoaded"], [window, "load"]]) {
    target.addEventListener(type, () => done((ready = true)), { once: true });
  }
});

/** An element whose `draw(story)` runs once there is a story, and whose listeners end with it. */
class Component extends HTMLElement {
  #life = null;

  connectedCallback() {
    this.#life = new AbortController();
    const { signal } = this;
    const now = () => signal.aborted || this.draw(store.story);
    const draw = () => (ready ? now() : whenReady.then(now));
    if (store.story) draw();
    else this.listen(store, "story", draw, { once: true });
  }

  disconnectedCallback() { this.#life?.abort(); }
  /** Ends when the element leaves the page: for fetches and observers. */
  get signal() { return this.#life.signal; }

  listen(target, type, f, options = {}) { target.addEventListener(type, f, { ...options, signal: this.signal }); }
}

share({
  share, el, svg, define, columns, at, store, Component, unpack,
  fmt: Object.freeze({ num, share: share_, time, bytes, count }),
  card: (row) => store.card(row),
});

const written = document.getElementById("story");
if (written) store.load(JSON.parse(written.textContent));
