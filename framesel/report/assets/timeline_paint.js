// Draws a video's frames over time on a canvas.
//
// From above: room for the picks, which are buttons; a bar for each frame, the higher the more it
// scores; marks of frames of poor quality; runs of near-duplicates; the time.

const { columns, fmt, share, store } = framesel;
const BARS = [24, 56];
const POOR = [57, 61];
const RUNS = [63, 67];
const TEXT = 80;
const HEIGHT = 84;
const STEPS_S = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** What all lines are drawn with: colours as they stand at a node, and the range of scores. */
function lineLook(node) {
  const { css, fate, FATES, isDark, ramp, spread, variable } = framesel.palette;
  const dark = isDark(node);
  const fates = Object.fromEntries(Object.keys(FATES).map((name) => [name, css(fate(node, name))]));
  return {
    fates,
    line: variable(node, "--figure-line"),
    muted: variable(node, "--figure-text"),
    font: `11px ${getComputedStyle(node).fontFamily}`,
    range: spread(columns("score")),
    ramp: Array.from({ length: 32 }, (_, i) => css(ramp(i / 31, dark))),
  };
}

/** Draws a line; lit: a byte for each frame of the columns, 0 for those that filters leave out. */
function paintLine(canvas, line, look, lit) {
  const width = canvas.clientWidth;
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.round(HEIGHT * ratio);
  const paint = canvas.getContext("2d");
  paint.scale(ratio, ratio);
  ruler(paint, line, look, width);
  const thick = Math.max(1, Math.min(8, (width / Math.max(1, line.to - line.from)) * 0.7));
  const across = width - thick;
  bars(paint, line, look, lit, across, thick);
  paint.globalAlpha = 1;
  paint.fillStyle = look.fates.duplicate;
  for (const [first, last] of line.runs) {
    const left = line.at(first) * across;
    paint.fillRect(left, RUNS[0], Math.max(2, line.at(last) * across - left + thick), RUNS[1] - RUNS[0]);
  }
}

/** Bars of frames and marks of bad ones; where many share a pixel, the highest is drawn. */
function bars(paint, line, look, lit, across, thick) {
  const [fates, scores] = ["fate", "score"].map(columns);
  const [rejected, earlier] = ["rejected", "earlier"].map((name) => store.story.fates.indexOf(name));
  const tallest = new Float32Array(Math.ceil(across) + 2);
  for (let i = line.from; i < line.to; i++) {
    const left = line.at(i) * across;
    const score = scores ? scores[i] : NaN;
    const part = Number.isFinite(score) && look.range ? framesel.palette.within(score, look.range) : 0.25;
    paint.globalAlpha = lit[i] ? 1 : 0.18;
    if (fates[i] === rejected) {
      paint.fillStyle = look.fates.rejected;
      paint.fillRect(left, POOR[0], Math.max(2, thick), POOR[1] - POOR[0]);
    }
    if (fates[i] === earlier) {
      paint.fillStyle = look.fates.earlier;
      paint.fillRect(left, BARS[0] - 10, Math.max(3, thick), 8);
    }
    const tall = 4 + part * (BARS[1] - BARS[0] - 4);
    const weight = lit[i] ? tall : tall / 1000;
    if (weight <= tallest[left | 0]) continue;
    tallest[left | 0] = weight;
    paint.fillStyle = Number.isFinite(score) ? look.ramp[Math.round(31 * part)] : look.fates.outvoted;
    paint.fillRect(left, BARS[1] - tall, thick, tall);
  }
}

/** Thin lines at round times, with the time under them. */
function ruler(paint, line, look, width) {
  const step = STEPS_S.find((s) => (s / line.length) * width >= 90) ?? line.length;
  paint.font = look.font;
  paint.textBaseline = "alphabetic";
  for (let t = 0; t <= line.length; t += step) {
    const x = Math.round((t / line.length) * (width - 1)) + 0.5;
    paint.strokeStyle = look.line;
    paint.beginPath();
    paint.moveTo(x, BARS[0] - 4);
    paint.lineTo(x, RUNS[1] + 2);
    paint.stroke();
    const text = fmt.time(t).replace(/\.0$/, "");
    paint.fillStyle = look.muted;
    const wide = paint.measureText(text).width;
    if (x + wide < width) paint.fillText(text, x, TEXT);
  }
}

share({ lineLook, paintLine });
