// What the server tells of the frame in view: its neighbours, its duplicates, why.

import "./base.js";
import { Silence, get } from "./api.js";
import { review } from "./review.js";

/** Whoever holds a key down passes frames that nobody asks about. */
const STAYS_MS = 60;

/** Tells "details" with {card, time, duplicates, why} of the frame in view. */
class Details extends EventTarget {
  #asking = null;
  #later = 0;

  begin() {
    review.addEventListener("current", ({ detail: { row } }) => {
      clearTimeout(this.#later);
      this.#later = setTimeout(() => this.#fetch(row), STAYS_MS);
    });
  }

  async #fetch(row) {
    this.#asking?.abort();
    this.#asking = new AbortController();
    try {
      const found = await get(`/api/frame/${row}`, this.#asking.signal);
      review.learn([found.card, ...found.time, ...found.duplicates], found.seq);
      if (review.current === row) this.dispatchEvent(new CustomEvent("details", { detail: found }));
    } catch (error) {
      if (error.name === "AbortError" || error instanceof Silence) return;
      this.dispatchEvent(new CustomEvent("details", { detail: { failed: error.message, row } }));
    }
  }
}

export const details = new Details();
