// <fs-curves>: what the picks gained and how they differ from all frames, as charts, words and tables.

const { Component, define, el } = framesel;
const SETTINGS = { displayModeBar: false, responsive: true, staticPlot: false };

// [what of the story, which chart of it, heading, what to say without it]
const FIGURES = [
  ["gains", "gains", "Gain by rank", "There are no gains to show."],
  ["coverage", "distance", "Coverage", "Coverage was not measured."],
  ["coverage", "redundancy", "Redundancy", null],
  ["scores", "scores", "Scores", "There are no scores to show."],
  ["class_shares", "classes", "Classes", "There are no classes to show."],
];

let loading = null;

/** Plotly, whose script lies in the page as text until the first chart comes near. */
function plotly() {
  loading ??= new Promise((done, failed) => {
    const text = document.getElementById("plotly")?.textContent;
    if (!window.Plotly && text) document.head.append(el("script", { text }));
    if (window.Plotly) done(window.Plotly);
    else failed(new Error("the script for charts did not run"));
  });
  return loading;
}

function table(head, rows) {
  const cell = (tag, text, scope) => el(tag, { text, scope });
  return el("div", { class: "fs-chart-table", tabindex: "0", role: "region", "aria-label": "Numbers" },
    el("table", {},
      el("thead", {}, el("tr", {}, head.map((text) => cell("th", text, "col")))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map((text, i) => cell(i ? "td" : "th", text, i ? null : "row")))))));
}

/** A part of the page with charts, each with its words and its numbers; drawn once they come near. */
class Charts extends Component {
  #drawn = new Map();

  /** Puts figures, as `figure` makes them, between other nodes; what was there before goes. */
  put(figures, before = [], after = []) {
    this.#drawn.clear();
    this.replaceChildren(...before, el("div", { class: "fs-charts" }, figures.filter(Boolean)), ...after);
    for (const chart of this.querySelectorAll(".fs-chart")) {
      framesel.whenNear(chart, this.signal, (printing) => this.#show(chart, printing));
    }
    framesel.palette.onTheme(this.signal, () => this.#again());
    this.signal.addEventListener("abort", () => {
      for (const chart of this.#drawn.keys()) window.Plotly?.purge(chart);
    });
  }

  /** A figure: what it says in words and as a table, and how it is drawn in given colours. */
  figure(kind, title, { caption, head, rows }, drawing) {
    const chart = el("div", { class: "fs-chart", role: "img", "aria-label": `${title}: ${caption}`, "data-kind": kind });
    chart.drawing = drawing;
    return el("figure", {},
      el("h3", { text: title }), el("figcaption", { text: caption }), chart,
      rows.length > 0 && el("details", {}, el("summary", { text: "The numbers" }), table(head, rows)));
  }

  async #show(chart, printing) {
    this.#drawn.set(chart, false);
    try {
      const drawer = await plotly();
      // A chart at a time, so that the page answers in between; paper does not wait.
      if (!printing) await new Promise((done) => setTimeout(done));
      if (this.signal.aborted) return;
      const { traces, layout } = chart.drawing(framesel.chartLook(this));
      await drawer.newPlot(chart, traces, layout, SETTINGS);
      this.#drawn.set(chart, true);
    } catch (error) {
      chart.replaceChildren(el("p", { class: "fs-figure-none", text: `The chart could not be drawn: ${error.message}.` }));
    }
  }

  /** In the colours of the theme that has come. */
  #again() {
    const look = framesel.chartLook(this);
    for (const [chart, done] of this.#drawn) {
      if (!done) continue;
      const { traces, layout } = chart.drawing(look);
      window.Plotly.react(chart, traces, layout, SETTINGS);
    }
  }
}

class FsCurves extends Charts {
  draw(story) {
    this.put(FIGURES.map(([from, kind, title, without]) => {
      const data = story[from];
      if (!data) return without && el("p", { class: "fs-figure-none", text: without });
      return this.figure(kind, title, framesel.curveWords[kind](data), (look) => framesel.charts[kind](data, look));
    }));
  }
}

framesel.share({ Charts, numbersTable: table });
define("fs-curves", FsCurves);
