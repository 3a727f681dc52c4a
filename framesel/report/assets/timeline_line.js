// One video of the timeline: its head, its drawing, its picks, and a slider over its frames.

const { columns, el, fmt, share, store } = framesel;
const plural = (n, word) => `${fmt.count(n)} ${word}${n === 1 ? "" : "s"}`;

function facts({ video, picks }) {
  const length = video.duration_s > 0 ? ` · ${fmt.time(video.duration_s).replace(/\.\d$/, "")}` : "";
  return `${plural(picks.length, "pick")} of ${plural(video.frames, "frame")}${length}`;
}

function head(line, open, toggle) {
  const { video } = line;
  const name = video.folder ? `${video.folder}/${video.name}` : video.name;
  return el("button", { type: "button", class: "fs-line-head", "aria-expanded": String(open), on: { click: toggle } },
    el("span", { class: "fs-line-sign", "aria-hidden": "true" }),
    el("span", { class: "fs-line-name", text: name, title: name }),
    el("span", { class: "fs-quiet", text: facts(line) }));
}

/** Buttons for the picks; the arrow keys go from one to the next. */
function pickButtons(line, lit) {
  const rows = columns("row");
  const buttons = line.picks.map((place, k) => {
    const card = framesel.card(rows[place]);
    const text = `Pick ${card.rank} at ${fmt.time(card.t_s)}`;
    return el("button", {
      type: "button", class: "fs-pick", title: text, "aria-label": text, tabindex: k ? "-1" : "0", "data-dim": !lit[place],
      css: { left: `${100 * line.at(place)}%` }, on: { click: () => store.open(rows[place]) },
    });
  });
  const move = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = step && buttons[buttons.indexOf(event.target) + step];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
  return el("div", { class: "fs-line-picks", role: "group", "aria-label": `Picks of ${line.video.name}`, on: { keydown: move } }, buttons);
}

/** The drawing; pointer and keys choose a frame of it, a click or Enter opens that. */
class Frames {
  #line;
  #now;

  constructor(line) {
    this.#line = line;
    this.#now = line.from;
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.tip = el("div", { class: "fs-tip", hidden: true });
    this.needle = el("div", { class: "fs-line-needle", hidden: true });
    this.slider = el("div", {
      class: "fs-line-frames", role: "slider", tabindex: "0", "aria-label": `Frames of ${line.video.name}`,
      "aria-valuemin": "1", "aria-valuemax": String(line.to - line.from),
      on: {
        pointermove: (event) => this.#show(this.#under(event)),
        pointerleave: () => this.hide(),
        click: (event) => this.#open(this.#under(event)),
        focus: () => this.slider.matches(":focus-visible") && this.#show(this.#now),
        blur: () => this.hide(),
        keydown: (event) => this.#key(event),
      },
    }, this.canvas, this.needle, this.tip);
    this.#say();
  }

  #under(event) {
    const box = this.slider.getBoundingClientRect();
    return framesel.lines.nearestFrame(this.#line, (event.clientX - box.left) / box.width);
  }

  #say() {
    const card = framesel.card(columns("row")[this.#now]);
    this.slider.setAttribute("aria-valuenow", String(this.#now - this.#line.from + 1));
    this.slider.setAttribute("aria-valuetext", card ? `${fmt.time(card.t_s)}, ${framesel.palette.fateOf(card)}` : "");
  }

  #show(place) {
    if (place < 0) return;
    this.#now = place;
    this.#say();
    const x = this.#line.at(place) * this.slider.clientWidth;
    this.needle.hidden = false;
    this.needle.style.left = `${x}px`;
    framesel.tip(this.tip, columns("row")[place], x, 0, this.slider);
  }

  hide() {
    this.needle.hidden = this.tip.hidden = true;
  }

  #open(place) {
    if (place >= 0) store.open(columns("row")[place]);
  }

  #key(event) {
    const { from, to } = this.#line;
    const [now, page] = [this.#now, Math.max(1, Math.round((to - from) / 10))];
    const places = {
      ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1,
      PageDown: now - page, PageUp: now + page, Home: from, End: to - 1,
    };
    if (event.key in places) this.#show(Math.min(to - 1, Math.max(from, places[event.key])));
    else if (event.key === "Enter") this.#open(now);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * The nodes of one video.
 *
 * open: whether its drawing is shown; toggle: called when that shall change; look, lit: see
 * `paintLine`. Gives {node, paint()}; paint draws once the node is on the page.
 */
function lineNodes(line, open, toggle, look, lit) {
  const top = head(line, open, toggle);
  if (!open) return { node: el("li", { class: "fs-line" }, top), paint() {} };
  if (line.to === line.from) {
    const none = el("p", { class: "fs-quiet", text: "No frame of it is on this page." });
    return { node: el("li", { class: "fs-line" }, top, none), paint() {} };
  }
  const frames = new Frames(line);
  const body = el("div", { class: "fs-line-body" }, frames.slider, pickButtons(line, lit));
  return {
    node: el("li", { class: "fs-line" }, top, body),
    paint: () => framesel.paintLine(frames.canvas, line, look, lit),
  };
}

share({ lineNodes });
