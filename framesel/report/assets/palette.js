// Colours of the figures: from the style sheet, so that light and dark are decided in one place.

const { share } = framesel;
const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
probe.canvas.width = probe.canvas.height = 1;

/** Any colour of CSS as [red, green, blue], 0 to 255. */
function rgb(text) {
  probe.fillStyle = "#888";
  probe.fillStyle = text;
  probe.fillRect(0, 0, 1, 1);
  return Array.from(probe.getImageData(0, 0, 1, 1).data.slice(0, 3));
}

/** A variable of the style sheet, as it stands at a node. */
const variable = (node, name) => getComputedStyle(node).getPropertyValue(name).trim();

const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

/** A colour as one number, as the pixels of a canvas hold it. */
const pack = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;

const mix = (a, b, share_) => a.map((value, i) => Math.round(value + (b[i] - value) * share_));

const isDark = (node) => {
  const [red, green, blue] = rgb(variable(node, "--figure-ground"));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
};

// Viridis: read in order by everybody, in grey too.
const STOPS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141],
  [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];

/** The colour of a share between 0 and 1; the end that the ground would swallow is left out. */
function ramp(part, dark) {
  const [low, high] = dark ? [0.22, 1] : [0, 0.88];
  const place = (low + Math.min(1, Math.max(0, part)) * (high - low)) * (STOPS.length - 1);
  const left = Math.min(STOPS.length - 2, Math.floor(place));
  return mix(STOPS[left], STOPS[left + 1], place - left);
}

/** The i-th of any number of kinds: hues far apart for neighbours, lightness in turns. */
function category(i, dark) {
  const light = (dark ? [66, 78, 56] : [45, 60, 33])[i % 3];
  return rgb(`hsl(${(i * 137.508 + 210) % 360} ${dark ? 62 : 64}% ${light}%)`);
}

/** What is said of each fate, in the order in which a legend lists them. */
const FATES = Object.freeze({
  pick: "picked",
  earlier: "picked in an earlier round",
  outvoted: "others were better",
  limit: "held back by a limit",
  duplicate: "near-duplicate",
  rejected: "poor quality",
  declined: "rejected in review",
  new: "new since then",
  holdout: "held out",
});

const fate = (node, name) => rgb(variable(node, `--fate-${name}`));

/** Calls f when light becomes dark or the other way round, until the signal ends it. */
function onTheme(signal, f) {
  const watch = new MutationObserver(f);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  signal.addEventListener("abort", () => watch.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", f, { signal });
}

/** The range that scores are drawn over: without the two per cent at either end, or null. */
function spread(values) {
  const known = values ? Float32Array.from(values).filter(Number.isFinite).sort() : [];
  if (!known.length) return null;
  const low = known[Math.floor(0.02 * (known.length - 1))];
  const high = known[Math.ceil(0.98 * (known.length - 1))];
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

/** Where a value stands in a range, 0 to 1. */
const within = (value, [low, high]) => Math.min(1, Math.max(0, (value - low) / (high - low)));

/** What became of a frame, in words. */
const fateOf = (card) => (card.rank ? `pick ${card.rank}` : FATES[card.fate] ?? card.fate);

share({
  palette: Object.freeze({
    rgb, css, pack, mix, variable, isDark, ramp, category, fate, fateOf, FATES, onTheme, spread, within,
  }),
});
