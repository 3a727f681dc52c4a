// How frames and what became of them are called.

import "./base.js";

const { el, fmt } = framesel;
const TAIL = 9;

/** How a frame is called: "gate.mp4 at 0:12.0". */
export const name = (card) => `${card.video} at ${fmt.time(card.t_s)}`;

/** A file's name that loses its middle where room is short: what tells names apart is often at the end. */
export function fileName(text) {
  const letters = [...text];
  const head = letters.slice(0, -TAIL).join("");
  const tail = letters.slice(-TAIL).join("");
  return el("b", { class: "file", title: text }, head && el("span", { text: head }), el("span", { text: tail }));
}

/** "1 frame", "2 frames". */
export const counted = (n, word) => `${fmt.count(n)} ${word}${n === 1 ? "" : "s"}`;

/** Whether a reviewer has said yes to a pick. */
export const judged = (card) => card.verdict === "kept" || card.verdict === "pinned";

/** A short word for what was said about a frame, and the sign that stands for it. */
export function verdict(card) {
  if (card.fate === "declined" || card.verdict === "rejected") return ["rejected", "✕"];
  if (card.verdict === "kept") return ["kept", "✓"];
  if (card.verdict === "pinned") return ["pinned", "◆"];
  if (card.verdict === "replacement") return ["replacement", "↻"];
  return ["", ""];
}
