// The curves in words and as tables: what each says, for those who do not see it and for all others.

const { fmt, share } = framesel;
const MOST_ROWS = 40;
const OFTEN = 5;

const last = (values) => values[values.length - 1];
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Some of n places, close together at first: 0, 1, 2, 4, …, n - 1. */
function some(n) {
  if (n <= MOST_ROWS) return Array.from({ length: n }, (_, i) => i);
  const grow = n ** (1 / (MOST_ROWS - 1));
  const places = Array.from({ length: MOST_ROWS }, (_, i) => Math.min(n, Math.round(grow ** i)) - 1);
  return [...new Set(places)];
}

function gains(data) {
  const mine = data.rank.map((_, i) => i).filter((i) => i < data.picks && data.gain[i] !== null && data.source[i] === data.main);
  if (!mine.length) return { caption: "No pick was bought for a gain.", head: [], rows: [] };
  const [first, final] = [mine[0], last(mine)];
  const others = data.picks - mine.length;
  const caption = [
    `Pick ${data.rank[first]} gained ${fmt.num(data.gain[first])}, pick ${data.rank[final]} gained ${fmt.num(data.gain[final])}.`,
    data.next?.text ?? "",
    others === 1 ? "1 more pick was not bought for this gain and is not in the curve." : "",
    others > 1 ? `${fmt.count(others)} more picks were not bought for this gain and are not in the curve.` : "",
  ];
  const names = Object.keys(data.terms);
  const row = (i) => [
    fmt.count(data.rank[i]), i < data.picks ? "pick" : "would come next", data.source[i] || "–", fmt.num(data.gain[i]),
    ...names.map((name) => fmt.num(data.terms[name][i])),
  ];
  return {
    caption: caption.filter(Boolean).join(" "),
    head: ["Rank", "What", "Slice", "Gain", ...names.map(upper)],
    rows: some(data.rank.length).map(row),
  };
}

const arms = (data) => Object.fromEntries(data.arms.map((arm) => [arm.name, arm]));

function against(data, what, say) {
  const found = arms(data);
  const values = ["uniform", "random"].filter((name) => found[name]).map((name) => `${say(last(found[name][what]))} for ${name}`);
  return values.length ? `, against ${values.join(" and ")}` : "";
}

function tableOfArms(data, what, say) {
  const rows = data.budgets.map((budget, i) => [fmt.count(budget), ...data.arms.map((arm) => say(arm[what][i]))]);
  return { head: ["Frames", ...data.arms.map((arm) => upper(arm.name))], rows };
}

function distance(data) {
  const say = (value) => fmt.num(value, 3);
  const { picks } = arms(data);
  const caption = `With ${fmt.count(last(data.budgets))} frames, a good frame is ${say(last(picks.distance))} away `
    + `from the nearest pick on average${against(data, "distance", say)}: less is better. ${data.note}`;
  return { caption, ...tableOfArms(data, "distance", say) };
}

function redundancy(data) {
  const { picks } = arms(data);
  const caption = `Of ${fmt.count(last(data.budgets))} picks, ${fmt.share(last(picks.redundant))} nearly repeat another pick`
    + `${against(data, "redundant", fmt.share)} (cosine ${fmt.num(data.tau_cos, 3)} or more): less is better.`;
  return { caption, ...tableOfArms(data, "redundant", fmt.share) };
}

function scores(data) {
  const { pool, picks } = data.medians;
  const caption = picks === null
    ? `No pick has a score; half of all frames are above ${fmt.num(pool, 3)}.`
    : `Half of the picks score above ${fmt.num(picks, 3)}; half of all frames above ${fmt.num(pool, 3)}.`;
  const width = (i) => data.edges[i + 1] - data.edges[i];
  const rows = data.pool.map((density, i) => [
    `${fmt.num(data.edges[i], 3)} to ${fmt.num(data.edges[i + 1], 3)}`, fmt.share(density * width(i)), fmt.share(data.picks[i] * width(i)),
  ]);
  return { caption, head: [upper(data.name), "Of all frames", "Of the picks"], rows };
}

/** The class whose share of frames grew most, of those that are not mere chance. */
function grown({ names, pool, picks }) {
  const ratio = (i) => picks.frame_share[i] / Math.max(1e-9, pool.frame_share[i]);
  const known = names.map((_, i) => i).filter((i) => picks.showing[i] >= OFTEN).sort((a, b) => ratio(b) - ratio(a));
  return known.length && ratio(known[0]) > 1 ? known[0] : -1;
}

function classes(data) {
  const { names, pool, picks } = data;
  const i = grown(data);
  const empty = (seen) => fmt.share(seen.empty / Math.max(1, seen.frames));
  const most = i < 0 ? "" : `${names[i]} rose most: in ${fmt.share(picks.frame_share[i])} of the picks, `
    + `in ${fmt.share(pool.frame_share[i])} of all frames. `;
  const caption = `${most}${empty(picks)} of the picks show no confident box, and ${empty(pool)} of all frames.`;
  const rows = names.map((name, k) => [
    name, fmt.share(picks.frame_share[k]), fmt.share(pool.frame_share[k]), fmt.count(picks.boxes[k]), fmt.count(pool.boxes[k]),
  ]);
  return { caption, head: ["Class", "Picks that show it", "Frames that show it", "Boxes in picks", "Boxes in all"], rows };
}

share({ curveWords: Object.freeze({ gains, distance, redundancy, scores, classes }) });
