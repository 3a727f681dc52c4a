// Frames as small pictures, wherever the desk shows several.

import "./base.js";
import { fileName, name, verdict } from "./words.js";

const { el, fmt } = framesel;

function mark(card) {
  const [word, sign] = verdict(card);
  if (sign) return el("span", { class: `mark ${word}`, title: word, text: sign });
  return card.rank ? el("span", { class: "mark pick", title: "pick", text: card.rank }) : null;
}

/** A button with a picture; `note` is a line of its own (a similarity, say). */
export function tile(card, { open, note = "", side = 160, current = false }) {
  const picture = el("img", { alt: "", loading: "lazy", decoding: "async" });
  framesel.thumb(card.row, side).then((url) => (picture.src = url));
  const became = framesel.palette.fateOf(card);
  const label = [name(card), note, became].filter(Boolean).join(", ");
  return el(
    "button",
    {
      type: "button", class: "tile", "data-row": card.row, title: label, "aria-label": label,
      "aria-current": current ? "true" : null, on: { click: () => open(card.row) },
    },
    picture, mark(card), fileName(card.video),
    el(
      "span", { class: "line" },
      el("span", { text: fmt.time(card.t_s) }), note && el("span", { text: note }), el("span", { class: "became", text: became }),
    ),
  );
}

/** Where an arrow leads from a tile: beside it, or to the one that lies nearest above or below. */
function beside(all, here, key) {
  const at = all.indexOf(here);
  if (key === "ArrowRight") return all[at + 1];
  if (key === "ArrowLeft") return all[at - 1];
  const area = here.getBoundingClientRect();
  const other = (tile_) => tile_.getBoundingClientRect();
  const there = all.filter((one) => (key === "ArrowDown" ? other(one).top > area.top + 1 : other(one).top < area.top - 1));
  const row = key === "ArrowDown" ? there[0] : there.at(-1);
  return row && there.filter((one) => Math.abs(other(one).top - other(row).top) < 1)
    .sort((a, b) => Math.abs(other(a).left - area.left) - Math.abs(other(b).left - area.left))[0];
}

function arrows(event) {
  const here = event.target.closest(".tile");
  if (!here || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  event.stopPropagation();
  beside([...event.currentTarget.querySelectorAll(".tile")], here, event.key)?.focus();
}

/** A list of tiles; of a kind other than "strip", arrows lead from one to the other. */
export function tiles(cards, options) {
  const notes = options.notes ?? [];
  const items = cards.map((card, i) => {
    const own = { ...options, note: notes[i] ?? "", current: card.row === options.current };
    return el("li", {}, tile(card, own));
  });
  const on = options.kind === "strip" ? {} : { keydown: arrows };
  return el("ul", { class: `tiles ${options.kind ?? ""}`, role: "list", on }, ...items);
}
