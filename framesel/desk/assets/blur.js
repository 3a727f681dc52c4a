// Blurring a part of a picture: a box drawn by pointer, or moved and sized by keys.

import "./base.js";
import { review } from "./review.js";
import { placed, stage } from "./stage.js";
import { say } from "./status.js";

const { el } = framesel;
const LEAST = 0.01;
const STEP = 0.02;
const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));

/** The box that is being drawn, as shares of the picture. */
class Draft {
  #row = review.current;
  #from = null;
  #life = new AbortController();
  box = [0.4, 0.4, 0.6, 0.6];
  node = el("div", {
    class: "draft", tabindex: 0, role: "application", "data-own-arrows": true,
    "aria-label": "Box to blur. Arrows move it, Shift and arrows size it, Enter blurs, Escape leaves.",
  });
  cover = el("div", { class: "cover" }, this.node);
  tools = el(
    "div", { class: "draft-tools" },
    el("span", { text: "Draw a box, or move it with the arrows (Shift sizes it)." }),
    el("button", { type: "button", class: "main", text: "Blur this", on: { click: () => this.apply() } }),
    el("button", { type: "button", text: "Cancel", on: { click: () => this.end("Nothing was blurred.") } }),
  );

  start() {
    const { signal } = this.#life;
    this.cover.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    this.cover.addEventListener("pointermove", (event) => this.#move(event), { signal });
    this.cover.addEventListener("pointerup", () => (this.#from = null), { signal });
    this.cover.addEventListener("pointercancel", () => (this.#from = null), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal, capture: true });
    review.addEventListener("current", (event) => event.detail.row !== this.#row && this.end(""), { signal });
    stage.sheet.append(this.cover);
    stage.sheet.after(this.tools);
    this.#paint();
    stage.sheet.scrollIntoView({ block: "nearest" });
    this.node.focus({ preventScroll: true });
    say("Draw a box over what must not be seen, then press Enter.");
  }

  #paint() {
    for (const [name, value] of Object.entries(placed(this.box))) this.node.style.setProperty(name, value);
  }

  #share(event) {
    const area = this.cover.getBoundingClientRect();
    return [clamp((event.clientX - area.left) / area.width), clamp((event.clientY - area.top) / area.height)];
  }

  #down(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.cover.setPointerCapture(event.pointerId);
    this.#from = this.#share(event);
    this.node.focus({ preventScroll: true });
  }

  #move(event) {
    if (!this.#from) return;
    const [x, y] = this.#share(event);
    const [a, b] = this.#from;
    this.box = [Math.min(a, x), Math.min(b, y), Math.max(a, x), Math.max(b, y)];
    this.#paint();
  }

  #key(event) {
    if (event.target.closest?.(".draft-tools button") && ["Enter", " ", "Tab"].includes(event.key)) return;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (arrow) this.#nudge(arrow, event.shiftKey);
    else if (event.key === "Enter") this.apply();
    else if (event.key === "Escape") this.end("Nothing was blurred.");
    else if (event.key !== "Tab" && event.key.length > 1) return;
    else if (event.key === "Tab") return;
    event.preventDefault();
    // While a box is drawn, letters are no commands.
    event.stopPropagation();
  }

  #nudge([dx, dy], sizes) {
    const [x1, y1, x2, y2] = this.box;
    if (sizes) {
      this.box = [x1, y1, clamp(x2 + dx * STEP, x1 + STEP), clamp(y2 + dy * STEP, y1 + STEP)];
    } else {
      const [mx, my] = [clamp(dx * STEP, -x1, 1 - x2), clamp(dy * STEP, -y1, 1 - y2)];
      this.box = [x1 + mx, y1 + my, x2 + mx, y2 + my];
    }
    this.#paint();
  }

  apply() {
    const [x1, y1, x2, y2] = this.box;
    if (x2 - x1 < LEAST || y2 - y1 < LEAST) return say("This box is too small: draw a larger one.", true);
    const box = this.box.map((x) => Number(x.toFixed(5)));
    this.end("");
    review.decide("blur", this.#row, { box });
  }

  end(words) {
    this.#life.abort();
    this.cover.remove();
    this.tools.remove();
    active = null;
    if (words) say(words);
  }
}

let active = null;

/** Starts a box on the frame in view. */
export function begin() {
  if (active) return;
  active = new Draft();
  active.start();
}
