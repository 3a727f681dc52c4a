// What the sheet shows of one frame, and the small pictures that lead from one frame to another.

const { el, fmt, share, store } = framesel;

const link = (card) => `#frame=${encodeURIComponent(card.key)}`;

/** A frame in words: "Pick 3: gate.mp4 at 0:12.5". */
function title(card) {
  const what = card.rank ? `Pick ${card.rank}: ` : "";
  return `${what}${card.video} at ${fmt.time(card.t_s)}`;
}

/** What became of a frame, in words. */
const fate = (card) => framesel.palette.FATES[card.fate] ?? card.fate;

/** A link that opens a frame here, and that can be copied or opened elsewhere. */
function opener(card, props, ...children) {
  const click = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    store.open(card.row);
  };
  return el("a", { href: link(card), on: { click }, ...props }, ...children);
}

/** Three digits that say something: 319, 56.7, 1.49. */
const short = (x) => (Math.abs(x) >= 100 ? fmt.count(x) : fmt.num(x, Math.abs(x) >= 10 ? 1 : 2));

/** What a pick gained, by term: "coverage 540". */
function gains(card) {
  const terms = Object.entries(card.terms).filter(([, value]) => value !== null);
  if (terms.length) return terms.map(([name, value]) => `${name} ${short(value)}`);
  return card.gain === null ? [] : [`gain ${short(card.gain)}`];
}

/** The nearest earlier pick: "0.43 away from pick 2". */
function nearest(card) {
  if (!card.nearest || card.nearest.distance === null) return [];
  const rank = card.nearest.row === null ? null : framesel.card(card.nearest.row)?.rank;
  return [`${fmt.num(card.nearest.distance)} away from ${rank ? `pick ${rank}` : "an earlier pick"}`];
}

function facts(card) {
  const mass = card.mass > 1 ? [`stands for ${fmt.num(card.mass, 1)}`] : [];
  return [...gains(card), ...mass, ...nearest(card)].map((text) => el("span", { text }));
}

const marks = (card) => [
  card.verdict && el("span", { class: `mark mark-${card.verdict}`, text: card.verdict }),
  card.revived && el("span", { class: "mark", text: "revived", title: "It was a near-duplicate, and got its place back" }),
  card.limit && el("span", { class: "mark", text: "limit", title: card.limit }),
  ...card.tags.map((text) => el("span", { class: "mark mark-tag", text })),
];

/** The content of a tile: picture, where it is from, why it was chosen, what it gained. */
function tile(card) {
  const why = card.fate === "pick" ? card.reason : [fate(card), card.detail].filter(Boolean).join(": ");
  return [
    opener(card, { class: "tile-link", "aria-label": title(card), tabindex: "-1" },
      el("fs-picture", { row: card.row, alt: "" }),
      card.rank && el("span", { class: "rank", text: card.rank })),
    el("span", { class: "marks" }, marks(card)),
    el("div", { class: "tile-text" },
      el("p", { class: "tile-where" },
        el("span", { class: "tile-video", text: card.video, title: card.video }),
        el("span", { class: "tile-time", text: fmt.time(card.t_s) })),
      why && el("p", { class: "tile-why", text: why, title: why }),
      el("p", { class: "tile-facts" }, facts(card))),
  ];
}

/** The shape that most frames have, so that their pictures fill their places. */
function shape(cards) {
  const sizes = cards.map((card) => card?.size).filter((size) => size?.[0] && size[1]);
  const ratios = sizes.map(([width, height]) => width / height).sort((a, b) => a - b);
  return Math.min(16 / 9, Math.max(1, ratios[ratios.length >> 1] ?? 1.5));
}

/** A row of small pictures that open their frames; `say` gives the line under each. */
function strip(rows, say = (card) => fmt.time(card.t_s), current = null) {
  const cards = rows.map(framesel.card).filter(Boolean);
  return el("ul", { class: "strip", css: { "--aspect": String(shape(cards)) } }, cards.map((card) =>
    el("li", null, opener(card, { "aria-label": `${title(card)}, ${fate(card)}`, "aria-current": card.row === current && "true", "data-fate": card.fate },
      el("fs-picture", { row: card.row, alt: "" }),
      el("span", { class: "strip-text", text: say(card) })))));
}

share({ frames: Object.freeze({ fate, gains, link, nearest, opener, shape, short, strip, tile, title }) });
