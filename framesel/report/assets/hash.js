// The address tells which frame is open and what is filtered: #frame=12:3400&class=person.

const { store } = framesel;
const NAMES = { video: "video", fate: "fate", source: "reason", classes: "class", tags: "tag" };

/** What the address should say now. */
function written() {
  const said = new URLSearchParams();
  const { filters } = store;
  if (store.selected !== null) said.append("frame", framesel.card(store.selected).key);
  for (const [name, short] of Object.entries(NAMES)) {
    for (const value of filters[name] ?? []) said.append(short, value);
  }
  if (filters.score) said.append("score", filters.score.join("_"));
  if (filters.text.trim()) said.append("text", filters.text.trim());
  return said.toString().replaceAll("%3A", ":");
}

/** What an address says; what makes no sense in it is left out. */
function read(text) {
  const said = new URLSearchParams(text);
  const patch = { score: null, text: said.get("text") ?? "" };
  for (const [name, short] of Object.entries(NAMES)) {
    const values = said.getAll(short).map((value) => (name === "video" ? Number(value) : value));
    patch[name] = values.length ? new Set(values) : null;
  }
  const range = (said.get("score") ?? "").split("_").map(Number);
  if (said.has("score") && range.length === 2 && range.every(Number.isFinite)) patch.score = range;
  return { patch, row: said.has("frame") ? store.rowOf(said.get("frame")) : -1 };
}

let quiet = false;

function write() {
  if (quiet) return;
  const now = written();
  if (now === location.hash.slice(1)) return;
  try {
    history.replaceState(history.state, "", now ? `#${now}` : location.pathname + location.search);
  } catch {
    // A page may not be allowed to change its address; then it only cannot be linked to.
  }
}

function follow() {
  const text = location.hash.slice(1);
  if (!text.includes("=")) return; // a place in the page, such as #map
  const { patch, row } = read(text);
  quiet = true;
  store.setFilters(patch);
  if (row >= 0) store.open(row);
  else store.close();
  quiet = false;
}

function start() {
  follow();
  addEventListener("hashchange", follow);
  for (const type of ["filters", "open", "close"]) store.addEventListener(type, write);
}

if (store.story) start();
else store.addEventListener("story", start, { once: true });
