// <fs-curves>: what the picks gained and how they differ from all frames, as charts, words and tables.

const { Component, define, el } = framesel;
const NEAR = "600px";
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

class FsCurves extends Component {
  #drawn = new Map();

  draw(story) {
    this.#drawn.clear();
    const near = new IntersectionObserver((seen) => this.#reached(seen), { rootMargin: NEAR });
    this.signal.addEventListener("abort", () => {
      near.disconnect();
      for (const chart of this.#drawn.keys()) window.Plotly?.purge(chart);
    });
    const made = FIGURES.map((figure) => this.#figure(story, near, ...figure)).filter(Boolean);
    this.replaceChildren(el("div", { class: "fs-charts" }, made));
    framesel.palette.onTheme(this.signal, () => this.#again());
  }

  #figure(story, near, from, kind, title, without) {
    const data = story[from];
    if (!data) return without && el("p", { class: "fs-figure-none", text: without });
    const { caption, head, rows } = framesel.curveWords[kind](data);
    const chart = el("div", { class: "fs-chart", role: "img", "aria-label": `${title}: ${caption}`, "data-kind": kind });
    chart.drawing = (look) => framesel.charts[kind](data, look);
    near.observe(chart);
    return el("figure", {},
      el("h3", { text: title }), el("figcaption", { text: caption }), chart,
      rows.length > 0 && el("details", {}, el("summary", { text: "The numbers" }), table(head, rows)));
  }

  #reached(seen) {
    for (const { isIntersecting, target } of seen) {
      if (isIntersecting && !this.#drawn.has(target)) this.#show(target);
    }
  }

  async #show(chart) {
    this.#drawn.set(chart, false);
    try {
      const drawer = await plotly();
      await new Promise((done) => setTimeout(done)); // a chart at a time: the page answers in between
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

define("fs-curves", FsCurves);
