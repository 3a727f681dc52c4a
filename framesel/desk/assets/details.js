// What the server tells of the frame in view: its neighbours, its duplicates, why.

import "./base.js";
import { Silence, get } from "./api.js";
import { review } from "./review.js";

/** Tells "details" with {card, time, duplicates, why} of the frame in view. */
class Details extends EventTarget {
  #asking = null;

  begin() {
    review.addEventListener("current", (event) => this.#fetch(event.detail.row));
  }

  async #fetch(row) {
    this.#asking?.abort();
    this.#asking = new AbortController();
    try {
      const found = await get(`/api/frame/${row}`, this.#asking.signal);
      review.learn([found.card, ...found.time, ...found.duplicates]);
      if (review.current === row) this.dispatchEvent(new CustomEvent("details", { detail: found }));
    } catch (error) {
      if (error.name === "AbortError" || error instanceof Silence) return;
      this.dispatchEvent(new CustomEvent("details", { detail: { failed: error.message, row } }));
    }
  }
}

export const details = new Details();
