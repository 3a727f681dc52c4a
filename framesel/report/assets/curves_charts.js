// The curves as plotly draws them: traces and axes, in the colours of the page.

const { share } = framesel;
const MOST_CLASSES = 20;
const MANY_FOLD = 30;
const HEIGHT = 320;

/** Colours and font as they stand at a node. */
function chartLook(node) {
  const { css, fate, rgb, variable } = framesel.palette;
  const colour = (name) => css(rgb(variable(node, name)));
  return {
    ink: colour("--figure-ring"), muted: colour("--figure-text"), line: colour("--figure-line"), ground: colour("--figure-ground"),
    picks: css(fate(node, "pick")), uniform: css(fate(node, "duplicate")), random: css(fate(node, "earlier")), all: css(fate(node, "outvoted")),
    font: getComputedStyle(node).fontFamily,
  };
}

/** A colour that lets others through. */
const clear = (colour, part) => `rgba(${colour.match(/[0-9]+/g).slice(0, 3).join(", ")}, ${part})`;

function axis(look, title, more) {
  return {
    title: { text: title, font: { size: 12 } }, fixedrange: true, automargin: true, gridcolor: look.line,
    linecolor: look.line, zeroline: false, tickfont: { size: 11, color: look.muted }, ...more,
  };
}

function layout(look, xaxis, yaxis, more) {
  return {
    height: HEIGHT, margin: { l: 8, r: 12, t: 8, b: 8 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: look.font, size: 12, color: look.ink }, hovermode: "x unified", dragmode: false,
    hoverlabel: { bgcolor: look.ground, bordercolor: look.line, font: { family: look.font, size: 12, color: look.ink } },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal" }, xaxis, yaxis, ...more,
  };
}

/** Whether positive values differ so much that only a logarithmic axis shows them all. */
function wide(values) {
  const known = values.filter((value) => value > 0);
  return known.length > 1 && Math.max(...known) > MANY_FOLD * Math.min(...known);
}

function gains(data, look) {
  const mine = data.rank.map((_, i) => i).filter((i) => data.gain[i] !== null && data.source[i] === data.main);
  const [bought, next] = [mine.filter((i) => i < data.picks), mine.filter((i) => i >= data.picks)];
  const trace = (places, name, line) => ({
    x: places.map((i) => data.rank[i]), y: places.map((i) => data.gain[i]), name, mode: places.length > 1 ? "lines" : "markers", line,
  });
  const traces = [trace(bought, "picks", { color: look.picks, width: 2 })];
  if (next.length) {
    const joined = bought.length ? [bought[bought.length - 1], ...next] : next;
    traces.push(trace(joined, "would come next", { color: look.picks, width: 2, dash: "dot" }));
  }
  const log = wide(traces[0].y);
  const y = log ? { type: "log", dtick: 1 } : { rangemode: "tozero" };
  const title = `gain${data.unit ? ` (${data.unit})` : ""}${log ? ", log scale" : ""}`;
  return { traces, layout: layout(look, axis(look, "rank"), axis(look, title, y)) };
}

const DASHES = { picks: "solid", uniform: "dash", random: "dot" };

/** A line for each way to choose, with the range over its seeds. */
function ofArms(data, look, what, title, tickformat) {
  const traces = data.arms.flatMap((arm) => {
    const colour = look[arm.name] ?? look.all;
    const edge = { x: data.budgets, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false };
    const range = arm.name === "picks" ? [] : [
      { ...edge, y: arm[`${what}_low`] },
      { ...edge, y: arm[`${what}_high`], fill: "tonexty", fillcolor: clear(colour, 0.18) },
    ];
    const line = { color: colour, width: arm.name === "picks" ? 3 : 2, dash: DASHES[arm.name] ?? "solid" };
    return [...range, { x: data.budgets, y: arm[what], name: arm.name, mode: "lines+markers", line, marker: { size: 5 } }];
  });
  const log = wide(data.budgets);
  const x = axis(look, `frames chosen${log ? ", log scale" : ""}`, log ? { type: "log", dtick: 1 } : {});
  return { traces, layout: layout(look, x, axis(look, title, { rangemode: "tozero", tickformat })) };
}

const distance = (data, look) => ofArms(data, look, "distance", "distance to the nearest pick", ".2f");
const redundancy = (data, look) => ofArms(data, look, "redundant", "picks that repeat another", ".0%");

function scores(data, look) {
  const step = (values, name, line, fillcolor) => ({
    x: data.edges, y: [...values, values[values.length - 1]], name, mode: "lines", fill: "tozeroy", fillcolor,
    line: { shape: "hv", width: 2, ...line }, hoverinfo: "skip",
  });
  const traces = [
    step(data.pool, "all frames", { color: look.all }, clear(look.all, 0.3)),
    step(data.picks, "picks", { color: look.picks }, clear(look.picks, 0.2)),
  ];
  const y = { rangemode: "tozero", showticklabels: false };
  return { traces, layout: layout(look, axis(look, data.name), axis(look, "share of the frames", y)) };
}

/** Two dots for each class, joined: of all frames, and of the picks. */
function classes(data, look) {
  const shown = data.names.slice(0, MOST_CLASSES).map((_, i) => i);
  const log = wide([...data.pool.frame_share, ...data.picks.frame_share]);
  // Numbers, not names: names from outside may be equal, or hold what plotly takes for markup.
  const places = shown.map((i) => -i);
  const value = (share_) => (log && share_ === 0 ? null : share_);
  const dots = (seen, name, marker) => ({
    x: shown.map((i) => value(seen.frame_share[i])), y: places, name, mode: "markers", marker, hovertemplate: "%{x:.1%}",
  });
  const joins = shown.flatMap((i) => [value(data.pool.frame_share[i]), value(data.picks.frame_share[i]), null]);
  const traces = [
    { x: joins, y: places.flatMap((y) => [y, y, null]), mode: "lines", line: { color: look.line, width: 3 }, hoverinfo: "skip", showlegend: false },
    dots(data.pool, "all frames", { color: look.all, size: 10, symbol: "circle-open", line: { width: 2 } }),
    dots(data.picks, "picks", { color: look.picks, size: 10 }),
  ];
  const names = shown.map((i) => plain(data.names[i]));
  const scale = log ? { type: "log", dtick: 1, tickformat: "~%" } : { rangemode: "tozero", tickformat: ".0%" };
  const x = axis(look, `share of the frames that show it${log ? ", log scale" : ""}`, scale);
  const y = axis(look, "", { tickmode: "array", tickvals: places, ticktext: names, gridcolor: "rgba(0,0,0,0)", range: [-shown.length + 0.4, 0.6] });
  const more = { height: Math.max(HEIGHT, 90 + 24 * shown.length), hovermode: "y unified" };
  return { traces, layout: layout(look, x, y, more) };
}

/** A name as plotly shows it letter for letter: it reads tags and entities in its texts. */
function plain(text) {
  const short = text.length > 24 ? `${text.slice(0, 23)}…` : text;
  return short.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

share({
  chartLook, chartParts: Object.freeze({ axis, layout, clear, plain }),
  charts: Object.freeze({ gains, distance, redundancy, scores, classes }),
});
