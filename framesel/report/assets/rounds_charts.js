// The rounds as plotly draws them.

const { share } = framesel;
const MOST_CLASSES = 20;
const TITLES = { frames: "labelled frames", boxes: "labelled boxes", hours: "hours of labelling" };

/** mAP with its intervals, and over frames the curve that was fitted. */
function curve(data, over, look) {
  const { axis, layout, clear } = framesel.chartParts;
  const x = data.points.map((point) => framesel.roundWords.value(point, over));
  const line = (metric, name, colour, dash) => {
    const found = data.points.map((point) => point[metric]);
    const error = {
      type: "data", symmetric: false, color: clear(colour, 0.5), thickness: 1.5, width: 4,
      array: found.map((one) => (one.high === null ? 0 : one.high - one.value)),
      arrayminus: found.map((one) => (one.low === null ? 0 : one.value - one.low)),
    };
    return {
      x, y: found.map((one) => one.value), error_y: error, name, mode: "lines+markers", marker: { size: 7 },
      line: { color: colour, width: 2, dash }, customdata: data.points.map((point) => point.round), hovertemplate: "%{y:.3f}, round %{customdata}",
    };
  };
  const traces = [line("map50", "mAP50", look.picks, "solid"), line("map50_95", "mAP50-95", look.all, "solid")];
  if (over === "frames" && data.fit) {
    const { frames, value, low, high } = data.fit;
    const edge = { x: frames, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false };
    traces.unshift(
      { ...edge, y: low }, { ...edge, y: high, fill: "tonexty", fillcolor: clear(look.uniform, 0.18) },
      { x: frames, y: value, name: "fitted", mode: "lines", line: { color: look.uniform, width: 2, dash: "dot" }, hovertemplate: "%{y:.3f}" },
    );
  }
  return { traces, layout: layout(look, axis(look, TITLES[over], { rangemode: "tozero" }), axis(look, "mean average precision", { rangemode: "tozero" })) };
}

function uncertainty(data, look) {
  const { axis, layout } = framesel.chartParts;
  const rounds = framesel.roundWords.scored(data);
  const dots = (of, name, colour, dash) => ({
    x: rounds.map(({ number }) => number), y: rounds.map((one) => one.uncertainty[of]), name, mode: "lines+markers",
    line: { color: colour, width: 2, dash }, marker: { size: 7 }, hovertemplate: "%{y:.3f}",
  });
  const traces = [dots("picked", "picked", look.picks, "solid"), dots("control", "drawn at random", look.random, "dot"), dots("pool", "all frames", look.all, "dash")];
  return { traces, layout: layout(look, axis(look, "round", { dtick: 1 }), axis(look, "mean utility", { rangemode: "tozero" })) };
}

/** Three dots for each class: of the labels, and of the guesses in picks and in all frames. */
function balance(data, look) {
  const { axis, layout, plain } = framesel.chartParts;
  const rows = framesel.roundWords.shares(data).slice(0, MOST_CLASSES);
  // Numbers, not names: names from outside may hold what plotly takes for markup.
  const places = rows.map((_, i) => -i);
  const dots = (of, name, marker) => ({ x: rows.map((row) => row[of]), y: places, name, mode: "markers", marker, hovertemplate: "%{x:.1%}" });
  const traces = [
    dots("pool", "guessed, all frames", { color: look.all, size: 10, symbol: "circle-open", line: { width: 2 } }),
    dots("picks", "guessed, last picks", { color: look.picks, size: 8, symbol: "diamond" }),
    dots("labels", "labelled", { color: look.ink, size: 8 }),
  ];
  const y = axis(look, "", { tickmode: "array", tickvals: places, ticktext: rows.map(({ name }) => plain(name)), range: [-rows.length + 0.4, 0.6] });
  const more = { height: Math.max(320, 90 + 24 * rows.length), hovermode: "y unified" };
  return { traces, layout: layout(look, axis(look, "share of the boxes", { rangemode: "tozero", tickformat: ".0%" }), y, more) };
}

share({ roundCharts: Object.freeze({ curve, uncertainty, balance }) });
