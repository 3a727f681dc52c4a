// <fs-rounds>: what the rounds came to: whether to go on, the curve, what was picked, what changed.

const { Charts, define, el, fmt } = framesel;

const CURVES = [
  ["frames", "mAP against labelled frames"],
  ["boxes", "mAP against labelled boxes"],
  ["hours", "mAP against hours of labelling"],
];

const SAYS = { true: "says stop", false: "says go on", null: "cannot tell yet" };

/** Whether to go on, and what each rule says of the newest round. */
function advice({ advice: found }) {
  if (!found) return [];
  const rules = found.rulings.map(({ title, stop, sentence }) => el("li", { class: "fs-rule", "data-stop": String(stop) },
    el("strong", { text: title }), el("span", { class: "quiet-text", text: SAYS[stop] }), el("span", { text: sentence })));
  return [
    el("p", { class: "fs-verdict", "data-stop": String(found.stop), text: found.sentence }),
    rules.length > 0 && el("details", { class: "fs-rules", open: found.stop },
      el("summary", { text: "What each rule says" }), el("ul", {}, rules)),
  ];
}

/** Whether the scores had a say in the picks of this page's round, or else of the newest. */
function trust({ rounds }, mine) {
  const known = rounds.filter((one) => one.trust);
  const shown = known.find(({ number }) => number === mine) ?? known[known.length - 1];
  if (!shown) return [];
  const { number, trust: { trusted, why } } = shown;
  const text = trusted ? "the detector's uncertainty is trusted and weighs the frames" : "the detector's uncertainty is not trusted, coverage alone chooses";
  return [el("p", { class: "fs-trust", text: `Round ${number}: ${text}: ${why}.` })];
}

const remarks = ({ remarks: listed }) => (listed.length ? [el("ul", { class: "fs-quiet" }, listed.map((text) => el("li", { text })))] : []);

function changes({ rounds }) {
  const told = rounds.filter(({ changed }) => changed.length);
  if (!told.length) return [];
  return [el("section", { class: "fs-changes" }, el("h3", { text: "What changed" }),
    el("dl", {}, told.flatMap(({ number, changed }) => [
      el("dt", { text: `Round ${number}` }), ...changed.map((text) => el("dd", {}, el("code", { text }))),
    ])))];
}

class FsRounds extends Charts {
  draw({ rounds: data, round }) {
    if (!data) {
      this.replaceChildren();
      return;
    }
    const words = framesel.roundWords;
    const curves = data.points.length ? CURVES.map(([over, title]) =>
      this.figure(`curve-${over}`, title, words.curve(data, over), (look) => framesel.roundCharts.curve(data, over, look))) : [];
    const { head, rows } = words.table(data);
    this.put([
      ...curves,
      words.has.uncertainty(data) && this.figure("uncertainty", "Picked against random", words.uncertainty(data), (look) => framesel.roundCharts.uncertainty(data, look)),
      words.has.balance(data) && this.figure("balance", "Class balance", words.balance(data), (look) => framesel.roundCharts.balance(data, look)),
    ], [...advice(data), ...trust(data, round), framesel.numbersTable(head, rows), ...remarks(data)].filter(Boolean), changes(data));
    this.querySelector(".fs-chart-table")?.setAttribute("aria-label", "The rounds");
  }
}

define("fs-rounds", FsRounds);
