// <fs-theme>: a button that goes through light, dark, and what the system says.

const { define, el } = framesel;
const KEY = "framesel-theme";
const NEXT = { system: "light", light: "dark", dark: "system" };
const root = document.documentElement;

/** What was chosen before; storage may be forbidden, and hold anything. */
function remembered() {
  try {
    const found = localStorage.getItem(KEY);
    return found === "light" || found === "dark" ? found : "system";
  } catch {
    return "system";
  }
}

function apply(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then the choice holds as long as the page is open.
  }
}

apply(remembered());

class FsTheme extends HTMLElement {
  connectedCallback() {
    const button = el("button", { type: "button", class: "quiet", on: { click: () => this.#turn() } });
    this.replaceChildren(button);
    this.#say(remembered());
  }

  #turn() {
    const theme = NEXT[root.dataset.theme ?? "system"];
    apply(theme);
    this.#say(theme);
  }

  #say(theme) {
    const button = this.firstElementChild;
    button.textContent = `Theme: ${theme}`;
    button.title = `Change to ${NEXT[theme]}`;
  }
}

define("fs-theme", FsTheme);
