// The rounds in words and as tables.

const { fmt, share } = framesel;

const last = (values) => values[values.length - 1];
const NAMES = { map50: "mAP50", map50_95: "mAP50-95" };
const OVER = { frames: "labelled frames", boxes: "labelled boxes", hours: "hours of labelling" };

/** A figure with its interval: 0.52 (0.44 to 0.59). */
function told(found) {
  if (!found || found.value === null) return "–";
  const range = found.low === null ? "" : ` (${fmt.num(found.low, 3)} to ${fmt.num(found.high, 3)})`;
  return `${fmt.num(found.value, 3)}${range}`;
}

const signed = (x) => (x === null || x === undefined ? "–" : `${x < 0 ? "−" : "+"}${fmt.num(Math.abs(x), 3)}`);
const hours = (seconds) => fmt.num(seconds / 3600, 1);
const value = (point, over) => (over === "hours" ? point.cost_s / 3600 : point[over]);

function curve(data, over) {
  const name = NAMES[data.metric];
  const end = last(data.points);
  const before = data.points[data.points.length - 2];
  const gained = before ? `, ${signed(end[data.metric].value - before[data.metric].value)} since round ${before.round}` : "";
  const where = data.on === "holdout" ? "the holdout" : "frames kept apart from training";
  const caption = [
    `After round ${end.round}, with ${fmt.num(value(end, over), over === "hours" ? 1 : 0)} ${OVER[over]}, ${name} on ${where} is ${told(end[data.metric])}${gained}.`,
    over === "frames" ? data.expected : "",
  ];
  return {
    caption: caption.filter(Boolean).join(" "),
    head: ["Round", OVER[over], NAMES.map50, NAMES.map50_95],
    rows: data.points.map((point) => [
      fmt.count(point.round), fmt.num(value(point, over), over === "hours" ? 1 : 0), told(point.map50), told(point.map50_95),
    ]),
  };
}

const scored = (data) => data.rounds.filter(({ uncertainty: found }) => found && found.picked !== null);

function uncertainty(data) {
  const rounds = scored(data);
  const end = last(rounds);
  const { picked, control, pool, ratio } = end.uncertainty;
  const random = control === null ? `${fmt.num(pool, 3)} for all frames` : `${fmt.num(control, 3)} for those drawn at random`;
  return {
    caption: `In round ${end.number} the picks have a mean utility of ${fmt.num(picked, 3)}, against ${random}: ${fmt.num(ratio, 2)} times as much. Near 1, nothing is left that the scores call informative.`,
    head: ["Round", "Picked", "Drawn at random", "All frames", "Ratio"],
    rows: rounds.map(({ number, uncertainty: found }) => [
      fmt.count(number), fmt.num(found.picked, 3), fmt.num(found.control, 3), fmt.num(found.pool, 3), fmt.num(found.ratio, 2),
    ]),
  };
}

/** Classes with their shares: of guesses in all frames and in the last picks, and of all labels. */
function shares(data) {
  const guessed = last(data.rounds.filter(({ balance: found }) => found?.classes.length))?.balance ?? { classes: [], picks: [], pool: [] };
  const labels = last(data.rounds)?.labelled.by_class ?? {};
  const sum = (values) => Math.max(1, values.reduce((a, b) => a + b, 0));
  const [pool, picks, all] = [guessed.pool, guessed.picks, Object.values(labels)].map(sum);
  const names = [...new Set([...Object.keys(labels), ...guessed.classes])];
  const at = new Map(guessed.classes.map((name, i) => [name, i]));
  return names.map((name) => {
    const i = at.get(name);
    const mine = Object.hasOwn(labels, name) ? labels[name] : 0;
    return { name, boxes: mine, labels: mine / all, picks: i === undefined ? null : guessed.picks[i] / picks, pool: i === undefined ? null : guessed.pool[i] / pool };
  });
}

function balance(data) {
  const rows = shares(data);
  const most = rows.reduce((a, b) => (b.labels > a.labels ? b : a));
  const labelled = rows.filter(({ boxes }) => boxes > 0).length;
  const caption = labelled
    ? `${fmt.count(labelled)} ${labelled === 1 ? "class has" : "classes have"} labels; ${fmt.share(most.labels)} of the boxes are ${most.name}.`
    : "Nothing is labelled yet; shown is what the detector guesses.";
  return {
    caption,
    head: ["Class", "Labelled boxes", "Of all labels", "Of guesses in picks", "Of guesses in all frames"],
    rows: rows.map((row) => [row.name, fmt.count(row.boxes), fmt.share(row.labels), fmt.share(row.picks), fmt.share(row.pool)]),
  };
}

/** All rounds, one in a row. */
function table(data) {
  const at = (metric, round) => data.points.find((point) => point.round === round)?.[metric];
  const rows = data.rounds.map((one) => [
    fmt.count(one.number), fmt.count(one.picks), fmt.count(one.labelled.frames), fmt.count(one.labelled.boxes),
    hours(one.labelled.cost_s), told(at("map50", one.number)), told(at("map50_95", one.number)), one.measured?.difference?.word ?? "–",
    fmt.num(one.uncertainty?.ratio, 2), fmt.num(one.trust?.auroc, 2), fmt.num(one.agreement?.f1, 2), fmt.share(one.coverage?.uncovered),
  ]);
  const head = ["Round", "Picks", "Labelled", "Boxes", "Hours", NAMES.map50, NAMES.map50_95, "Than before", "Picked / random", "AUROC", "Agreement", "Uncovered"];
  return { head, rows };
}

const has = Object.freeze({
  uncertainty: (data) => scored(data).length > 0,
  balance: (data) => shares(data).length > 0,
});

share({ roundWords: Object.freeze({ curve, uncertainty, balance, table, has, shares, scored, value }) });
