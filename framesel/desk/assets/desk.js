// The desk: fetches the story, then starts its parts.

import "./base.js";
import "./thumbs.js";
import "./palette.js";
import "./theme.js";
import "./hash.js";
import { Refusal, get } from "./api.js";
import * as actions from "./actions.js";
import * as compare from "./compare.js";
import { details } from "./details.js";
import * as keys from "./desk_keys.js";
import * as map from "./map_view.js";
import { panel } from "./panel.js";
import { list } from "./picks_list.js";
import { review } from "./review.js";
import * as search from "./search.js";
import { stage } from "./stage.js";
import * as status from "./status.js";
import * as tabs from "./tabs.js";
import * as videos from "./videos.js";
import { counted } from "./words.js";

const { el, store } = framesel;

/** Elements that the page has too, in the order in which they build on one another. */
const SHARED = [
  "facet", "filters", "near", "tip", "map_index", "map_colours", "map_scene", "map_moves", "map",
  "timeline_data", "timeline_paint", "timeline_line", "timeline",
];

function title(story) {
  document.title = `${story.workspace} – framesel desk`;
  const parts = [story.workspace, story.round ? `round ${story.round}` : "", story.strategy];
  const { frames, videos: number } = story.counts;
  const which = document.getElementById("which");
  which.textContent = parts.filter(Boolean).join(" · ");
  which.title = `${counted(frames, "frame")} of ${counted(number, "video")}`;
}

/** The frame that the address names. */
const wanted = () => new URLSearchParams(location.hash.slice(1)).get("frame") ?? "";

/** Whatever opens a frame (the map, a timeline, the address) shows it in the first view. */
function follow() {
  store.addEventListener("open", ({ detail: { row } }) => {
    if (row !== review.current) search.show(row);
  });
}

/** What a person should know before the first decision. */
function beforehand({ unheard, replacements }) {
  const words = [];
  if (unheard?.length) words.push(`The next run will hear: ${unheard.join("; ")}.`);
  if (replacements?.startsWith("failed")) words.push(`Rejected frames are not replaced (${replacements}).`);
  if (words.length) status.say(words.join(" "));
}

/** The filters are there while they are looked at: they count all frames whenever something changes. */
function filters() {
  const place = document.getElementById("picks-filters");
  const fill = () => {
    place.querySelector("fs-filters")?.remove();
    if (place.open) place.append(el("fs-filters"));
  };
  place.addEventListener("toggle", fill);
  fill();
}

function mount() {
  for (const part of [tabs, list, stage, panel, search, status, actions, keys]) part.mount();
  details.begin();
  filters();
  tabs.view("map", map.draw);
  tabs.view("videos", videos.draw);
  tabs.view("compare", compare.draw);
}

async function start() {
  const key = wanted();
  const story = await get("/api/story");
  store.load(story);
  title(story);
  mount();
  const row = store.rowOf(key);
  if (review.picks.length) review.go(row >= 0 ? row : review.picks[0]);
  else status.say("This selection has no picks.");
  follow();
  review.begin(story);
  beforehand(story);
  // Columns are large: they come once the first frame is on the screen. With them every frame is known.
  store.addColumns((await get("/api/columns")).columns);
  if (row < 0 && store.rowOf(key) >= 0) review.go(store.rowOf(key));
  for (const name of SHARED) await import(`./${name}.js`);
  document.querySelector("main").removeAttribute("aria-busy");
}

function failed(error) {
  const banner = document.getElementById("banner");
  banner.hidden = false;
  banner.textContent = error.message;
}

document.getElementById("tools").append(el("fs-theme"));
try {
  await start();
} catch (error) {
  failed(error);
  if (!(error instanceof Refusal)) throw error;
}
