// The views of the desk: one is seen at a time, and drawn when it is first seen.

import "./base.js";

const drawn = new Set();
const makers = new Map();
const tabs = () => [...document.querySelectorAll("#tabs [role=tab]")];

/** What draws a view when it is first shown. */
export function view(name, make) {
  makers.set(name, make);
}

/** Which view is shown. */
export const shown = () => document.querySelector("#tabs [aria-selected=true]").id.slice(4);

/** Shows a view by its name. */
export function show(name) {
  for (const tab of tabs()) {
    const on = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
  }
  if (drawn.has(name)) return;
  drawn.add(name);
  makers.get(name)?.(document.getElementById(`view-${name}`));
}

function pressed(event) {
  const all = tabs();
  const at = all.indexOf(event.target);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const tab = all[(next + all.length) % all.length];
  show(tab.id.slice(4));
  tab.focus();
}

/** Makes the tabs work. */
export function mount() {
  for (const tab of tabs()) tab.addEventListener("click", () => show(tab.id.slice(4)));
  document.getElementById("tabs").addEventListener("keydown", pressed);
}
