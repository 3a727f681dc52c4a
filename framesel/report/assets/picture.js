// <fs-picture row="12">: one frame with the detector's boxes, whole, as large as its place allows.
//
// Attributes: `full` brings the whole frame once it is there, `labels` names the boxes, `alt` says
// what is to be seen (empty beside a text that says so). Fires "missing" where `full` found none,
// with `small`: whether there is a small picture.

const { Component, define, el, store, svg } = framesel;
const SCALE = 1000;

const path = (boxes) =>
  boxes.map(([x1, y1, x2, y2]) => {
    const [left, top, right, bottom] = [x1, y1, x2, y2].map((side) => Math.round(side * SCALE));
    return `M${left} ${top}H${right}V${bottom}H${left}Z`;
  }).join("");

/** All boxes as one line with a dark edge, so that it is seen on any picture. */
function outlines(boxes) {
  const d = path(boxes);
  return svg("svg", { class: "boxes", viewBox: `0 0 ${SCALE} ${SCALE}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "box-edge", d }), svg("path", { class: "box-line", d }));
}

function label([x1, y1, , , kind, confidence]) {
  const name = store.story.classes[kind] ?? `class ${kind}`;
  return el("span", {
    class: "box-name",
    text: `${name} ${framesel.fmt.num(confidence)}`,
    css: { left: `${100 * x1}%`, top: `${100 * y1}%` },
    "data-low": y1 < 0.06,
  });
}

class FsPicture extends Component {
  static observedAttributes = ["row"];
  #turn = 0;

  attributeChangedCallback() {
    if (this.isConnected && store.story && this.childElementCount) this.draw();
  }

  draw() {
    const row = Number(this.getAttribute("row"));
    const card = framesel.card(row);
    const turn = ++this.#turn;
    this.image = el("img", { alt: this.getAttribute("alt") ?? "", decoding: "async", hidden: true });
    this.place = el("span", { class: "picture-frame" }, this.image, this.#over(card));
    this.#shape(card?.size ?? [16, 9]);
    this.replaceChildren(this.place);
    this.image.addEventListener("load", () => this.#shape([this.image.naturalWidth, this.image.naturalHeight]));
    framesel.thumb(row, this.hasAttribute("full") ? 0 : 320).then((address) => {
      if (turn === this.#turn) this.#show(address, row);
    });
  }

  #over(card) {
    const boxes = card?.boxes ?? [];
    if (!boxes.length) return [];
    const names = this.hasAttribute("labels") ? boxes.map(label) : [];
    return el("span", { class: "over", "aria-hidden": "true" }, outlines(boxes), names);
  }

  #shape([width, height]) {
    if (width && height) this.style.setProperty("--ratio", String(width / height));
  }

  #show(address, row) {
    this.image.addEventListener("error", () => this.#none(), { once: true });
    if (address) {
      this.image.src = address;
      this.image.hidden = false;
    } else this.#none();
    if (this.hasAttribute("full")) this.#sharpen(row);
  }

  /** The whole frame, in place of the small picture once it has come. */
  #sharpen(row) {
    const address = framesel.picture(row);
    const turn = this.#turn;
    const missing = () => turn === this.#turn && this.dispatchEvent(new CustomEvent("missing", { bubbles: true, detail: { small: !this.image.hidden } }));
    if (!address) return void missing();
    const whole = new Image();
    whole.addEventListener("error", missing);
    whole.addEventListener("load", () => {
      if (turn !== this.#turn) return;
      this.image.src = address;
      this.image.hidden = false;
      this.place.querySelector(".no-picture")?.remove();
    });
    whole.src = address;
  }

  #none() {
    this.image.hidden = true;
    if (!this.place.querySelector(".no-picture")) {
      this.place.prepend(el("span", { class: "no-picture", text: "no picture" }));
    }
  }
}

define("fs-picture", FsPicture);
