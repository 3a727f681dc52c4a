// The frame in view: its picture, the detector's boxes, what is blurred, and the frames around it.

import "./base.js";
import { details } from "./details.js";
import { review } from "./review.js";
import { tiles } from "./tiles.js";
import { name } from "./words.js";

const { el, store } = framesel;
const STAYS_MS = 120;
const NO_PICTURE = "This picture cannot be shown: the workspace keeps none and its video cannot be read.";
const SMALLER = "The video cannot be read now: this is the smaller picture that the workspace keeps.";

class Stage {
  #view = document.getElementById("view");
  #film = document.getElementById("film");
  #picture = el("img", { alt: "", id: "picture", decoding: "async" });
  #marks = el("div", { class: "marks" });
  #lost = el("p", { class: "lost", hidden: true });
  #row = null;
  #address = null;
  #ready = new Set();
  sheet = el("figure", { class: "sheet" });
  boxes = true;
  times = [];

  mount() {
    this.sheet.append(this.#picture, this.#marks, this.#lost);
    this.#view.append(this.sheet);
    review.addEventListener("current", (event) => this.#show(event.detail.card));
    details.addEventListener("details", (event) => this.#around(event.detail));
  }

  #show(card) {
    this.#draw(card);
    const whole = framesel.picture(card.row);
    if (this.#row === card.row && this.#address === whole) return;
    this.#row = card.row;
    this.#address = whole;
    this.#load(card.row, whole);
  }

  /** The stored picture at once; the full frame, which a video is opened for, once one stays. */
  async #load(row, whole) {
    this.#lost.hidden = true;
    const stays = () => this.#address === whole;
    const small = this.#ready.has(whole) ? null : await this.#small(row);
    if (small && stays()) this.#put(small);
    if (!this.#ready.has(whole)) await new Promise((resolve) => setTimeout(resolve, STAYS_MS));
    if (!stays()) return;
    const late = await this.#whole(whole);
    if (!stays()) return;
    if (late) this.#put(late);
    else this.#miss(small);
    this.#ahead(row);
  }

  async #small(row) {
    return decoded(await framesel.thumb(row, 0)).catch(() => null);
  }

  async #whole(url) {
    const found = await decoded(url).catch(() => null);
    if (found) this.#ready.add(found);
    return found;
  }

  #put(url) {
    this.#picture.src = url;
    this.#picture.hidden = false;
  }

  #miss(small) {
    this.#lost.textContent = small ? SMALLER : NO_PICTURE;
    this.#lost.hidden = false;
    this.#picture.hidden = !small;
  }

  /** The next pick's pictures are fetched while this one is looked at. */
  #ahead(row) {
    const at = review.picks.indexOf(row);
    const next = at < 0 ? undefined : review.picks[at + 1];
    if (next === undefined) return;
    this.#small(next);
    this.#whole(framesel.picture(next));
  }

  #draw(card) {
    const [width, height] = card.size ?? [16, 9];
    this.sheet.style.setProperty("--ratio", `${(width || 16) / (height || 9)}`);
    this.#picture.alt = [name(card), inside(card.classes)].filter(Boolean).join(", ");
    const boxes = this.boxes ? card.boxes.map((box) => this.#box(box)) : [];
    const blurs = card.blurs.map((box, i) => this.#blur(card, box, i));
    this.#marks.replaceChildren(...boxes, ...blurs);
  }

  #box([x1, y1, x2, y2, class_no, confidence]) {
    const word = store.story.classes[class_no] ?? `class ${class_no}`;
    const label = el("span", { text: `${word} ${Math.round(100 * confidence)}` });
    return el("div", { class: y1 < 0.05 ? "box low" : "box", css: placed([x1, y1, x2, y2], class_no) }, label);
  }

  #blur(card, box, i) {
    const remove = () => review.decide("unblur", card.row, { box });
    const label = `Show again what blur ${i + 1} hides`;
    const button = el("button", { type: "button", "aria-label": label, title: "Remove this blur", text: "×", on: { click: remove } });
    return el("div", { class: "blurred", css: placed(box) }, button);
  }

  /** Shows the detector's boxes, or hides them. */
  toggleBoxes() {
    this.boxes = !this.boxes;
    this.#draw(store.card(review.current));
    return this.boxes;
  }

  #around(found) {
    if (found.failed) return this.#film.replaceChildren(el("p", { class: "note", text: found.failed }));
    // Of some frames only the server knows size and boxes.
    this.#draw(found.card);
    const all = new Map([...found.time, found.card].map((card) => [card.row, card]));
    const cards = [...all.values()].sort((a, b) => a.t_s - b.t_s);
    const open = (row) => review.go(row);
    this.#film.replaceChildren(tiles(cards, { open, kind: "strip", current: found.card.row }));
    const here = this.#film.querySelector("[aria-current]");
    if (here) this.#film.scrollLeft = here.offsetLeft - (this.#film.clientWidth - here.clientWidth) / 2;
    this.times = cards.map((card) => card.row);
  }

  /** Goes to the frame before or after in the same video. */
  along(by) {
    const next = this.times[this.times.indexOf(review.current) + by];
    if (next !== undefined) review.go(next);
  }
}

/** Shares of the picture as CSS. */
export function placed([x1, y1, x2, y2], class_no = null) {
  const percent = (share) => `${(100 * share).toFixed(3)}%`;
  const css = { left: percent(x1), top: percent(y1), width: percent(x2 - x1), height: percent(y2 - y1) };
  return class_no === null ? css : { ...css, "--hue": String((class_no * 137.5 + 200) % 360) };
}

function inside(classes) {
  return Object.entries(classes).map(([word, n]) => `${n} ${word}`).join(", ");
}

/** Resolves to the address once the picture is ready to be painted. */
async function decoded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return url;
}

export const stage = new Stage();
