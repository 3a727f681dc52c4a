// How the points of the map are coloured, and the legend that says so.

const { columns, fmt, share, store } = framesel;
const LISTED = 20;

/** The ways to colour that the story has columns for: [name, what a person reads]. */
function colourings() {
  const all = [["fate", "picked or not"], ["video", "video"], ["cluster", "cluster"], ["score", "score"]];
  return all.filter(([name]) => columns(name) && (name !== "score" || framesel.palette.spread(columns(name))));
}

function tally(values, size) {
  const counts = new Array(size).fill(0);
  for (const value of values) if (value >= 0) counts[value]++;
  return counts;
}

function byFate(node) {
  const { fate, FATES } = framesel.palette;
  const counts = tally(columns("fate"), store.story.fates.length);
  const colours = store.story.fates.map((name) => fate(node, name));
  const entries = Object.keys(FATES).map((name) => {
    const i = store.story.fates.indexOf(name);
    return { text: FATES[name], colour: colours[i], count: counts[i] ?? 0, filter: { fate: name } };
  });
  return { of: (i) => colours[columns("fate")[i]], entries: entries.filter((entry) => entry.count) };
}

/** Videos or clusters: colours in order of size, so that the large ones differ most. */
function byKind(node, name, describe) {
  const values = columns(name);
  const counts = tally(values, values.reduce((most, value) => Math.max(most, value), -1) + 1);
  const order = counts.map((_, i) => i).filter((i) => counts[i]).sort((a, b) => counts[b] - counts[a]);
  const { category, fate, isDark } = framesel.palette;
  const dark = isDark(node);
  const colours = [];
  order.forEach((kind, i) => (colours[kind] = category(i, dark)));
  const entries = order.slice(0, LISTED).map((kind) => ({ ...describe(kind), colour: colours[kind], count: counts[kind] }));
  const rest = order.length - entries.length;
  const note = rest > 0 ? `and ${fmt.count(rest)} more` : "";
  const grey = fate(node, "outvoted");
  return { of: (i) => colours[values[i]] ?? grey, entries, note };
}

function byScore(node) {
  const { fate, isDark, ramp, spread, within } = framesel.palette;
  const values = columns("score");
  const range = spread(values);
  const dark = isDark(node);
  const steps = Array.from({ length: 64 }, (_, i) => ramp(i / 63, dark));
  const grey = fate(node, "outvoted");
  const of = (i) => (Number.isFinite(values[i]) ? steps[Math.round(63 * within(values[i], range))] : grey);
  return { of, entries: [], range, steps };
}

/**
 * What a colouring says: `of(i)` the colour of a point, `entries` of the legend
 * ({text, colour, count, filter}), `note`, and for scores `range` and `steps`.
 */
function colouring(name, node) {
  if (name === "score") return byScore(node);
  if (name === "video") {
    return byKind(node, "video", (i) => ({
      text: store.story.videos[i].name, filter: { video: store.story.videos[i].no },
    }));
  }
  if (name === "cluster") return byKind(node, "cluster", (i) => ({ text: `cluster ${i + 1}` }));
  return byFate(node);
}

share({ colourings, colouring });
