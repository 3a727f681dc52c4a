// Dialogs: one way to open them, so that Escape, focus and the closing button work alike.

import "./base.js";

const { el } = framesel;

/** Opens a modal dialog; it is gone from the page once closed. `wide` fills the window. */
export function dialog(title, content, { wide = false, closed = () => undefined } = {}) {
  const id = `dialog-${Math.random().toString(36).slice(2)}`;
  const node = el("dialog", { class: wide ? "wide" : "", "aria-labelledby": id });
  const shut = el("button", { type: "button", class: "shut", "aria-label": "Close", text: "×", on: { click: () => node.close() } });
  node.append(el("header", {}, el("h2", { id, text: title, tabindex: -1, autofocus: true }), shut), ...[content].flat());
  node.addEventListener("click", (event) => {
    if (event.target === node) node.close();
  });
  node.addEventListener("close", () => {
    node.remove();
    closed();
  });
  document.body.append(node);
  node.showModal();
  return node;
}

/** Asks for a line of text; `given` gets it when Enter or the button is pressed. */
export function ask(title, { label, button, longest, known = [], required = true, given }) {
  const list = el("datalist", { id: "known-words" }, ...known.map((word) => el("option", { value: word })));
  const input = el("input", { id: "asked", type: "text", maxlength: longest, autocomplete: "off", list: "known-words", required });
  const form = el(
    "form", { method: "dialog", class: "ask" },
    el("label", { for: "asked", text: label }), input, list,
    el("button", { type: "submit", class: "main", text: button }),
  );
  const node = dialog(title, form);
  form.addEventListener("submit", () => given(input.value.trim()));
  input.focus();
  return node;
}

/** Whether one is open. */
export const open = () => document.querySelector("dialog[open]") !== null;
