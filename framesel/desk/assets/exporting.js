// The export: the picks as they are now, written to the round's folder.

import "./base.js";
import { get, post } from "./api.js";
import { dialog } from "./dialogs.js";
import { review } from "./review.js";

const { el, fmt } = framesel;
const EVERY_MS = 300;
const wait = () => new Promise((resolve) => setTimeout(resolve, EVERY_MS));

async function follow(bar, words) {
  const { job } = await post("/api/export", {});
  for (;;) {
    const state = await get(`/api/job/${encodeURIComponent(job)}`);
    bar.max = state.of || 1;
    bar.value = state.done;
    words.textContent = state.state === "working" ? `${fmt.count(state.done)} of ${fmt.count(state.of)} videos are done.` : state.message;
    if (state.state === "done") return state;
    if (state.state === "failed") throw new Error(state.message);
    await wait();
  }
}

/** Asks, exports, shows how far it is and where it lies. */
export function exportPicks() {
  const words = el("p", { role: "status" });
  const bar = el("progress", { "aria-label": "Export", hidden: true });
  const start = el("button", { type: "button", class: "main", text: `Export ${fmt.count(review.picks.length)} picks` });
  const intro = el("p", { text: "Writes the pictures and lists of this round as they are now. Blurred parts are blurred for good in what is written." });
  start.addEventListener("click", async () => {
    start.disabled = true;
    bar.hidden = false;
    try {
      const { folder, message } = await follow(bar, words);
      words.replaceChildren(message ? `${message} ` : "Done. ", el("span", { text: "The pictures and lists lie in " }), el("code", { text: folder }));
      bar.hidden = true;
      start.hidden = true;
      intro.hidden = true;
    } catch (error) {
      bar.hidden = true;
      words.textContent = error.message;
      words.classList.add("trouble");
      start.disabled = false;
    }
  });
  dialog("Export", [intro, bar, words, start]);
  start.focus();
}
