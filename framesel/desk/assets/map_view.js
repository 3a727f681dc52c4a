// The map of the embeddings, computed by the server when it is first looked at.

import "./base.js";
import { get } from "./api.js";

const { el, store } = framesel;
const AGAIN_MS = 700;

/** Resolves when the server has the map. */
async function ready(words) {
  for (;;) {
    const answer = await get("/api/map");
    if (!answer?.working) return;
    words.textContent = "The map is being computed. It is kept, so this happens once.";
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Fills the view. */
export async function draw(root) {
  const words = el("p", { class: "note", role: "status", text: "Asking for the map…" });
  root.append(words);
  try {
    await ready(words);
    const { columns } = await get("/api/columns");
    store.addColumns(columns);
    if (!framesel.columns("x")) throw new Error("This workspace has no map: it keeps no embeddings.");
    words.remove();
    root.append(el("fs-map"));
  } catch (error) {
    words.textContent = error.message;
    words.classList.add("trouble");
  }
}
