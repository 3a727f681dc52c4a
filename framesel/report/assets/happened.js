// <fs-happened>: the input, what failed, settings that are not the defaults, time by stage, what next.

const { Component, define, el, fmt } = framesel;
const FEW = 5;

const some = (n, one, many = `${one}s`) => (n ? [[fmt.count(n), n === 1 ? one : many]] : []);

/** The numbers of the input, then how many of the frames are picks. */
function numbers({ input }) {
  const found = [
    ...some(input.videos, "video"), ...some(input.images, "image"),
    ...(input.hours ? [[length(input.hours), "of video"]] : []),
    ...some(input.frames, "frame looked at", "frames looked at"), [fmt.count(input.picks), input.picks === 1 ? "pick" : "picks"],
  ];
  return el("ul", { class: "numbers" }, found.map(([number, text]) => el("li", null, el("strong", { text: number }), ` ${text}`)));
}

const length = (hours) => (hours < 1 ? `${fmt.num(60 * hours, hours < 0.1 ? 1 : 0)} min` : `${fmt.num(hours, 1)} h`);

/** How long something took: 0.8 s, 2 min 5 s, 1 h 3 min. */
function took(seconds) {
  if (!Number.isFinite(seconds)) return fmt.num(seconds);
  if (seconds < 60) return `${fmt.num(seconds, seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function table(names, rows, props) {
  return el("div", { class: "scroll" }, el("table", props,
    el("thead", null, el("tr", null, names.map((text) => el("th", { scope: "col", text })))),
    el("tbody", null, rows.map(([first, ...rest]) => el("tr", null, el("th", { scope: "row" }, first), rest.map((cell) => el("td", null, cell)))))));
}

function stages({ stages: rows }) {
  const longest = Math.max(...rows.map(({ seconds }) => seconds ?? 0), 1e-9);
  return table(["Stage", "Rows", "Time"], rows.map(({ name, rows: many, seconds }) => [
    name, many === null ? "" : fmt.count(many),
    [took(seconds), seconds > 0 && el("span", { class: "reason-bar", css: { "--part": String(seconds / longest) }, "aria-hidden": "true" })].filter(Boolean),
  ]).map(([name, many, cell]) => [name, many, el("span", { class: "time-cell" }, cell)]), { class: "numeric" });
}

function failures({ failures: rows }) {
  const line = ({ stage, path, error }) => el("li", null, el("strong", { text: path.split("/").pop(), title: path }), ` in ${stage}: ${error}`);
  const rest = rows.slice(FEW);
  return [
    el("ul", { class: "failures" }, rows.slice(0, FEW).map(line)),
    rest.length > 0 && el("details", null, el("summary", { text: `${fmt.count(rest.length)} more` }), el("ul", { class: "failures" }, rest.map(line))),
  ];
}

const settings = (rows) => el("dl", { class: "settings" }, rows.flatMap(({ place, default: usual, value }) => [
  el("dt", null, el("code", { text: place })),
  el("dd", null, el("code", { text: plain(value) }),
    el("span", { class: "quiet-text", text: ["", null].includes(usual) ? "no default" : `default ${plain(usual)}` })),
]));

function command({ command: line, what }) {
  const button = el("button", { type: "button", class: "quiet", text: "Copy", "aria-label": `Copy ${line}` });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line);
      button.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(code); // then a person copies it by key
    }
  });
  const code = el("code", { text: line });
  return el("li", null, el("span", { class: "command" }, code, button), el("span", { class: "quiet-text", text: what }));
}

const block = (title, ...children) => el("section", null, el("h3", { text: title }), children.flat());

class FsHappened extends Component {
  draw({ happened }) {
    if (!happened?.input) {
      this.replaceChildren(el("p", { class: "lead", text: "Nothing is known of how this came about." }));
      return;
    }
    this.replaceChildren(numbers(happened), el("div", { class: "blocks" },
      happened.failures.length > 0 && block(`${fmt.count(happened.failures.length)} ${happened.failures.length === 1 ? "problem" : "problems"}`, failures(happened)),
      block("Settings that are not the defaults",
        happened.settings.length ? settings(happened.settings) : el("p", { class: "lead", text: "All settings are the recipe's defaults." })),
      block("Time by stage", stages(happened)),
      block("To go on", el("ul", { class: "commands" }, happened.commands.map(command)))));
  }
}

define("fs-happened", FsHappened);
