// One kind of filter: a button that opens a list of values to tick.

const { el, fmt, share } = framesel;
const LONG = 12;
const MOST = 200;

function entry({ value, text, count }, chosen, toggle) {
  const box = el("input", { type: "checkbox", checked: chosen.has(value), on: { change: () => toggle(value, box.checked) } });
  return el("li", null, el("label", null, box, el("span", { class: "facet-value", text, title: text }),
    el("span", { class: "facet-count", text: fmt.count(count) })));
}

/**
 * A facet.
 *
 * @param {string} name What the button says.
 * @param {{value, text, count}[]} values What can be ticked, in the order of the list.
 * @param {Set|null} chosen What is ticked.
 * @param {(chosen: Set|null) => void} change Called with what is ticked; null for nothing.
 */
function facet(name, values, chosen, change) {
  const ticked = new Set(chosen ?? []);
  const list = el("ul", { class: "facet-values" });
  const number = el("span", { class: "facet-number" });
  const toggle = (value, on) => {
    if (on) ticked.add(value);
    else ticked.delete(value);
    count();
    change(ticked.size ? new Set(ticked) : null);
  };
  const count = () => (number.textContent = ticked.size ? String(ticked.size) : "");
  const fill = (text) => {
    const wanted = text.toLowerCase();
    const found = values.filter((one) => one.text.toLowerCase().includes(wanted));
    list.replaceChildren(...found.slice(0, MOST).map((one) => entry(one, ticked, toggle)));
    if (found.length > MOST) list.append(el("li", { class: "facet-more", text: `and ${fmt.count(found.length - MOST)} more: type to find them` }));
    if (!found.length) list.append(el("li", { class: "facet-more", text: "nothing of that name" }));
  };
  const find = el("input", { type: "search", "aria-label": `Find in ${name}`, placeholder: "Find", on: { input: () => fill(find.value) } });
  const node = el("details", { class: "facet" },
    el("summary", null, el("span", { text: name }), number),
    el("div", { class: "facet-panel" }, values.length > LONG && find, list));
  node.addEventListener("toggle", () => node.open && !list.childElementCount && fill(""));
  count();
  return node;
}

/** The same for a range of numbers. */
function rangeFacet(name, [low, high], chosen, change) {
  const step = (high - low) / 100 || 0.01;
  const [from, to] = chosen ?? [low, high];
  const slider = (text, value) => el("input", { type: "range", min: low, max: high, step, value, "aria-label": `${name}, ${text}` });
  const [least, most] = [slider("at least", from), slider("at most", to)];
  const said = el("p", { class: "facet-range" });
  const say = () => (said.textContent = `${fmt.num(Number(least.value))} to ${fmt.num(Number(most.value))}`);
  const changed = () => {
    const range = [Math.min(least.value, most.value), Math.max(least.value, most.value)];
    // A slider stops at the last whole step before its end.
    const all = range[0] <= low + step / 2 && range[1] >= high - step * 1.5;
    say();
    number.textContent = all ? "" : "set";
    change(all ? null : [range[0] <= low + step / 2 ? low : range[0], range[1] >= high - step * 1.5 ? high : range[1]]);
  };
  for (const input of [least, most]) input.addEventListener("input", changed);
  const number = el("span", { class: "facet-number", text: chosen ? "set" : "" });
  say();
  return el("details", { class: "facet" },
    el("summary", null, el("span", { text: name }), number),
    el("div", { class: "facet-panel" }, said,
      el("label", { class: "facet-slide" }, el("span", { text: "at least" }), least),
      el("label", { class: "facet-slide" }, el("span", { text: "at most" }), most)));
}

share({ facet, rangeFacet });
