// Every video: its timeline and its frames in order.

import "./base.js";
import { get } from "./api.js";
import { review } from "./review.js";
import { show } from "./search.js";
import { tiles } from "./tiles.js";
import { counted } from "./words.js";

const { el, fmt, store } = framesel;
const LISTED = 400;
const AT_ONCE = 120;

class Videos {
  #list = el("ul", { class: "video-list", role: "list" });
  #find = el("input", { type: "search", id: "video-find", placeholder: "Find a video", autocomplete: "off" });
  #note = el("p", { class: "note" });
  #over = el("button", { type: "button", class: "over-time", text: "All videos over time", on: { click: () => this.#timelines() } });
  #frames = el("div", { class: "frames" });
  #no = null;
  #page = 0;
  #rows = [];

  draw(root) {
    const label = el("label", { for: "video-find", class: "visually-hidden", text: "Find a video" });
    const left = el("section", { class: "left", "aria-label": "Videos" }, label, this.#over, this.#find, this.#note, this.#list);
    root.classList.add("videos");
    root.append(left, this.#frames);
    this.#find.addEventListener("input", () => this.#fill());
    review.addEventListener("picks", () => this.#no !== null && this.#paint());
    this.#fill();
    this.open(store.card(review.current)?.video_no ?? store.story.videos[0]?.no);
    this.#list.querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
  }

  #fill() {
    const words = this.#find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (video) => words.every((word) => `${video.folder}/${video.name}`.toLowerCase().includes(word));
    const all = store.story.videos.filter(fits);
    const rest = all.length > LISTED ? `; the first ${LISTED} are listed. Type to narrow.` : "";
    this.#note.textContent = `${counted(all.length, "video")}${rest}`;
    this.#list.replaceChildren(...all.slice(0, LISTED).map((video) => this.#item(video)));
  }

  #item(video) {
    const long = video.kind === "video" && fmt.time(video.duration_s);
    const words = [long, counted(video.frames, "frame"), video.picks && counted(video.picks, "pick")];
    const press = () => this.open(video.no);
    return el("li", {}, el(
      "button", { type: "button", "data-video": video.no, "aria-current": video.no === this.#no ? "true" : null, on: { click: press } },
      el("b", { text: video.name }), el("span", { class: "quiet", text: words.filter(Boolean).join(" · ") }),
    ));
  }

  /** Shows a video's frames. */
  async open(no) {
    const video = store.video(no);
    if (!video) return;
    this.#page = 0;
    this.#mark(no);
    this.#frames.replaceChildren(el("p", { class: "note", text: "Reading…" }));
    try {
      const { rows } = await get(`/api/video/${no}`);
      if (this.#no !== no) return;
      review.meet(rows);
      this.#rows = rows.map((card) => card.row);
      this.#paint();
    } catch (error) {
      this.#frames.replaceChildren(el("p", { class: "note trouble", text: error.message }));
    }
  }

  #mark(no) {
    this.#no = no;
    this.#over.setAttribute("aria-pressed", String(no === null));
    for (const node of this.#list.querySelectorAll("button")) {
      if (node.dataset.video === String(no)) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  }

  /** Every video as a line of its frames. */
  #timelines() {
    this.#mark(null);
    this.#frames.replaceChildren(el("fs-timeline"));
  }

  #paint() {
    const video = store.video(this.#no);
    const about = [video.folder, fmt.time(video.duration_s), counted(video.frames, "frame")].filter(Boolean).join(" · ");
    const from = this.#page * AT_ONCE;
    const cards = this.#rows.slice(from, from + AT_ONCE).map((row) => store.card(row));
    this.#frames.replaceChildren(
      ...[
        el("header", { class: "head" }, el("div", {}, el("h2", { text: video.name }), el("p", { class: "quiet", text: about }))),
        cards.length ? tiles(cards, { open: show, current: review.current }) : el("p", { class: "note", text: "This video gave no frames." }),
        this.#rows.length > AT_ONCE ? this.#pages(from) : null,
      ].filter(Boolean),
    );
  }

  #pages(from) {
    const turn = (by, words, possible) => {
      const press = () => {
        this.#page += by;
        this.#paint();
        this.#frames.scrollTop = 0;
      };
      return el("button", { type: "button", disabled: !possible, text: words, on: { click: press } });
    };
    const last = Math.min(from + AT_ONCE, this.#rows.length);
    const where = el("span", { text: `${from + 1} to ${last} of ${fmt.count(this.#rows.length)}` });
    const [earlier, later] = [turn(-1, "Earlier", from > 0), turn(1, "Later", last < this.#rows.length)];
    return el("nav", { class: "pages", "aria-label": "Frames" }, earlier, where, later);
  }
}

const videos = new Videos();
export const draw = (root) => videos.draw(root);
