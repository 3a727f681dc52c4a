// The export: the picks as they are now, written to the round's folder.

import "./base.js";
import { get, post } from "./api.js";
import { dialog } from "./dialogs.js";
import { review } from "./review.js";
import { counted } from "./words.js";

const { el, fmt } = framesel;
const EVERY_MS = 300;
const INTRO =
  "Writes the pictures and lists of this round as they are now. Blurred parts are blurred for good in what is written.";
const wait = () => new Promise((resolve) => setTimeout(resolve, EVERY_MS));

async function follow(bar, words) {
  const { job } = await post("/api/export", {});
  for (;;) {
    const state = await get(`/api/job/${encodeURIComponent(job)}`);
    bar.max = state.of || 1;
    bar.value = state.done;
    const far = `${fmt.count(state.done)} of ${counted(state.of, "video")} done.`;
    words.textContent = state.state === "working" ? far : state.message;
    if (state.state === "done") return state;
    if (state.state === "failed") throw new Error(state.message);
    await wait();
  }
}

/** Asks, exports, shows how far it is and where it lies. */
export function exportPicks() {
  const words = el("p", { role: "status" });
  const bar = el("progress", { "aria-label": "Export", hidden: true });
  const start = el("button", { type: "button", class: "main", text: `Export ${counted(review.picks.length, "pick")}` });
  const intro = el("p", { text: INTRO });
  start.addEventListener("click", async () => {
    start.disabled = true;
    bar.hidden = false;
    try {
      const { folder, message } = await follow(bar, words);
      const done = message ? `${message} ` : "Done. ";
      words.replaceChildren(done, el("span", { text: "The pictures and lists lie in " }), el("code", { text: folder }));
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
