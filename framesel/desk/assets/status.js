// The line at the bottom that says what happened, and the banner when the desk is gone.

import "./base.js";
import { line } from "./api.js";
import { review } from "./review.js";
import { judged } from "./words.js";

const { fmt, store } = framesel;

const GONE = "The desk does not answer. What you decided is kept on disk; this page tries again every two seconds.";
const LOCKED = "The desk was started anew and does not know this tab: open the address that its terminal shows. What you decided is kept on disk.";

const CLOSED = "The desk is closed and this tab can be closed too. What you decided is kept on disk; framesel review opens it again.";

/** Says something in the line that screen readers follow. */
export function say(words, trouble = false) {
  const node = document.getElementById("said");
  node.textContent = words;
  node.title = words;
  node.classList.toggle("trouble", trouble);
}

/** What was said last: a dialog lies over the line. */
export const told = () => document.getElementById("said").textContent;

function banner(words) {
  const node = document.getElementById("banner");
  node.hidden = !words;
  node.textContent = words;
}

function progress() {
  const kept = review.picks.filter((row) => judged(store.card(row))).length;
  const node = document.getElementById("progress");
  node.textContent = `${fmt.count(kept)} of ${fmt.count(review.picks.length)} kept`;
  node.style.setProperty("--share", String(review.picks.length ? kept / review.picks.length : 0));
}

/** Follows the review and the connection. */
export function mount() {
  const { readonly } = store.story;
  const always = readonly ? `Nothing can be decided here: ${readonly}.` : "";
  banner(always);
  review.addEventListener("said", (event) => event.detail.message && say(event.detail.message, event.detail.trouble));
  review.addEventListener("picks", progress);
  line.addEventListener("silent", () => banner(GONE));
  line.addEventListener("locked", () => banner(LOCKED));
  line.addEventListener("closed", () => banner(CLOSED));
  line.addEventListener("back", () => {
    banner(always);
    say("The desk answers again.");
  });
  addEventListener("beforeunload", (event) => {
    if (review.unsent) event.preventDefault();
  });
  progress();
}
