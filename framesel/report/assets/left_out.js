// <fs-left-out>: how many frames were left out, why, and some of each kind.

const { Component, define, el, fmt, store } = framesel;

const text = ({ why, detail }) => {
  const fate = framesel.palette.FATES[why] ?? why;
  return detail ? `${fate}: ${detail}` : fate;
};

class FsLeftOut extends Component {
  draw(story) {
    const groups = [...(story.left_out?.groups ?? [])].sort((a, b) => b.count - a.count);
    if (!groups.length) {
      this.replaceChildren(el("p", { text: "Every frame was picked." }));
      return;
    }
    const all = groups.reduce((sum, { count }) => sum + count, 0);
    this.replaceChildren(
      el("p", { class: "lead", text: `${fmt.count(all)} frames are not among the picks.` }),
      el("ul", { class: "reasons" }, groups.map((group) => this.#reason(group, all))));
  }

  #reason(group, all) {
    const part = group.count / all;
    const show = () => {
      store.setFilters({ fate: new Set([group.why]) });
      document.querySelector("fs-sheet")?.scrollIntoView({ block: "start" });
    };
    return el("li", { class: "reason" },
      el("h3", { text: text(group) }),
      el("p", { class: "reason-count" }, el("strong", { text: fmt.count(group.count) }), `${group.count === 1 ? " frame" : " frames"}, ${fmt.share(part)} `,
        el("button", { type: "button", class: "quiet", text: "Show them", "aria-label": `Show frames left out: ${framesel.palette.FATES[group.why] ?? group.why}`, on: { click: show } })),
      el("span", { class: "reason-bar", css: { "--part": String(part), background: `var(--fate-${group.why})` }, "aria-hidden": "true" }),
      framesel.frames.strip((group.rows ?? []).slice(0, 6), (card) => `${card.video} ${fmt.time(card.t_s)}`));
  }
}

define("fs-left-out", FsLeftOut);
