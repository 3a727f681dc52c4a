// <fs-frame>: a dialog that shows one frame whole, and tells why it is a pick or is not.

const { columns, Component, define, el, fmt, store } = framesel;
const AROUND = 3;
const MOST_DUPLICATES = 12;

/** Rows just before and after a frame in its video, itself among them. */
function around(row) {
  const told = store.story.neighbours?.[row]?.time;
  if (told) return [...told, row].sort((a, b) => a - b);
  const [rows, videos] = ["row", "video"].map(columns);
  const place = framesel.at(row);
  const from = Math.max(0, place - AROUND);
  if (place < 0) return [row];
  return [...rows.slice(from, place + AROUND + 1)].filter((_, i) => videos[from + i] === videos[place]);
}

/** Rows that a frame stands for, and how many there are in all. */
function duplicates(row) {
  const told = store.story.neighbours?.[row]?.duplicates ?? [];
  const [rows, keeper, fate] = ["row", "keeper", "fate"].map(columns);
  const kind = store.story.fates.indexOf("duplicate");
  const all = keeper ? [...rows.filter((_, i) => keeper[i] === row && fate[i] === kind)] : told;
  return [told.length ? told : all.slice(0, MOST_DUPLICATES), Math.max(all.length, told.length)];
}

const fact = (name, ...value) => value.flat().some(Boolean) && [el("dt", { text: name }), el("dd", null, ...value.flat())];

/** Bars of what a pick gained, the longest as wide as its place. */
function bars(card) {
  const terms = Object.entries(card.terms).filter(([, value]) => value !== null);
  const most = Math.max(...terms.map(([, value]) => Math.abs(value)), 1e-12);
  return terms.map(([name, value]) => el("span", { class: "term" },
    el("span", { class: "term-name", text: name }),
    terms.length > 1 && el("span", { class: "term-bar", css: { "--part": String(Math.abs(value) / most) } }),
    el("span", { class: "term-value", text: framesel.frames.short(value) })));
}

function facts(card) {
  const span = card.span && card.span[1] > card.span[0] ? `, from ${fmt.time(card.span[0])} to ${fmt.time(card.span[1])}` : "";
  const near = card.nearest?.row === null || !card.nearest ? null : framesel.card(card.nearest.row);
  const classes = Object.entries(card.classes).map(([name, count]) => (count > 1 ? `${fmt.num(count, 0)} × ${name}` : name));
  return el("dl", { class: "facts" },
    fact("Gain", bars(card)),
    fact("Stands for", card.mass > 1 && `${fmt.num(card.mass, 1)} frames${span}`),
    fact("Nearest earlier pick", card.nearest && `${fmt.num(card.nearest.distance)} away${near ? "" : ": "}`,
      card.nearest && (near ? framesel.frames.strip([near.row], framesel.frames.title) : `${card.nearest.video} at ${fmt.time(card.nearest.t_s)}`)),
    fact("Score", card.score !== null && fmt.num(card.score, 3)),
    fact("Detector sees", classes.join(", ")),
    fact("Sharpness", Number.isFinite(card.quality.sharpness) && fmt.num(card.quality.sharpness, 0)),
    fact("Brightness", Number.isFinite(card.quality.brightness) && fmt.num(card.quality.brightness, 0)),
    fact("Picture", card.size && `${card.size[0]} × ${card.size[1]}`),
    fact("Tags", card.tags.join(", ")),
    fact("Reviewed", card.verdict),
    fact("Limit", card.limit));
}

/** Why a frame is a pick or was left out, in a sentence. */
function why(card) {
  if (card.fate === "pick") return card.reason || "Chosen.";
  const fate = framesel.frames.fate(card);
  return `Not among the picks: ${fate}${card.detail ? `, ${card.detail}` : ""}.`;
}

class FsFrame extends Component {
  draw() {
    this.dialog = el("dialog", { class: "frame", "aria-labelledby": "frame-title" });
    this.dialog.addEventListener("close", () => store.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.replaceChildren(this.dialog);
    this.listen(store, "open", (event) => this.#show(event.detail.row));
    this.listen(store, "close", () => this.dialog.open && this.dialog.close());
    this.listen(store, "change", () => store.selected !== null && this.#show(store.selected));
    if (store.selected !== null) this.#show(store.selected);
  }

  /** The picks that the filters let through, for the way to the next one. */
  get #way() {
    return store.story.pick_rows.filter((row) => store.matches(framesel.card(row)));
  }

  #show(row) {
    const card = framesel.card(row);
    const way = this.#way;
    const place = way.indexOf(row);
    this.dialog.replaceChildren(this.#head(card, way, place), el("div", { class: "frame-body" }, this.#picture(card),
      el("div", { class: "frame-side" }, el("p", { class: "frame-why", text: why(card) }), facts(card))), this.#strips(card));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  #head(card, way, place) {
    const step = (text, name, by) => el("button", {
      type: "button", text, title: name, "aria-label": name, disabled: place < 0 || !(place + by in way), on: { click: () => this.#step(by) },
    });
    const rank = card.rank ? `Pick ${card.rank}` : "Frame";
    return el("div", { class: "frame-head" },
      el("div", { class: "frame-titles" },
        el("h2", { id: "frame-title", tabindex: "-1", autofocus: true }, el("span", { class: "frame-rank", text: rank }), " ",
          el("span", { class: "frame-video", text: card.video }), " ", el("span", { class: "frame-time", text: fmt.time(card.t_s) }))),
      el("div", { class: "frame-tools" }, step("←", "Previous pick", -1), step("→", "Next pick", 1),
        this.#copier(card), el("button", { type: "button", class: "frame-close", text: "Close", on: { click: () => this.dialog.close() } })));
  }

  #copier(card) {
    const button = el("button", { type: "button", text: "Copy link" });
    const address = new URL(framesel.frames.link(card), location.href).href;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(address);
        button.textContent = "Copied";
      } catch {
        button.replaceWith(el("a", { href: address, text: "Link to this frame" }));
      }
    });
    return button;
  }

  #picture(card) {
    const note = el("p", { class: "quiet-text" });
    const address = framesel.picture(card.row);
    if (address) note.append(el("a", { href: address, target: "_blank", rel: "noopener", text: "Open the whole frame" }));
    const seen = Object.entries(card.classes).map(([name, count]) => `${count} ${name}`).join(", ");
    const picture = el("fs-picture", { row: card.row, full: true, labels: true, alt: `Frame of ${card.video} at ${fmt.time(card.t_s)}${seen ? `, with ${seen}` : ""}` });
    picture.addEventListener("missing", ({ detail }) => {
      picture.classList.add("small");
      const why = card.fate === "pick" ? "The exported picture is not beside this page" : "Only picks are exported whole";
      note.textContent = detail.small ? `${why}: this is a small one.` : "There is no picture of this frame in this page.";
    });
    return el("div", { class: "frame-picture" }, picture, note);
  }

  #strips(card) {
    const parts = [];
    const add = (title, ...rest) => parts.push(el("section", { class: "frame-part" }, el("h3", { text: title }), framesel.frames.strip(...rest)));
    if (card.keeper !== null && card.fate !== "pick" && framesel.card(card.keeper)) {
      add(card.fate === "duplicate" ? "The frame that stands for it" : "The pick that it is most like", [card.keeper], framesel.frames.title);
    }
    const time = around(card.row);
    if (time.length > 1) add("Before and after in the video", time, undefined, card.row);
    const [some, all] = duplicates(card.row);
    if (all) add(`Near-duplicates that it stands for: ${all > some.length ? `${some.length} of ${fmt.count(all)}` : all}`, some);
    return el("div", { class: "frame-parts" }, parts);
  }

  #step(by) {
    const way = this.#way;
    const place = way.indexOf(store.selected);
    if (place >= 0 && place + by in way) store.open(way[place + by]);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, k: -1, ArrowRight: 1, j: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.#step(step);
    this.dialog.querySelector("#frame-title").focus();
  }
}

define("fs-frame", FsFrame);
