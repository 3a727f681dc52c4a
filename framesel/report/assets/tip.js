// The small card that follows a pointer over the map or a timeline.

const { el, fmt, share } = framesel;

function lines(card) {
  const fate = framesel.palette.fateOf(card);
  const score = card.score === null ? "" : `, score ${fmt.num(card.score)}`;
  return [
    el("strong", { text: card.video, title: card.video }),
    el("span", { text: `${fmt.time(card.t_s)}, ${fate}${score}` }),
  ];
}

/**
 * Fills a card for a frame and puts it beside a place of a pane, inside the pane's width.
 *
 * The picture comes later, if there is one and the card still shows the same frame.
 */
function tip(node, row, x, y, pane) {
  const card = framesel.card(row);
  node.hidden = !card;
  if (!card) return;
  if (node.dataset.row !== String(row)) {
    node.dataset.row = row;
    node.replaceChildren(...lines(card));
    framesel.thumb(row, 160).then((address) => {
      if (!address || node.dataset.row !== String(row)) return;
      const picture = el("img", { alt: "", width: "160", src: address });
      picture.addEventListener("error", () => picture.remove());
      node.prepend(picture);
    });
  }
  const left = x + 16 + 176 > pane.clientWidth ? Math.max(0, x - 16 - 176) : x + 16;
  node.style.left = `${left}px`;
  node.style.top = `${Math.min(y + 12, Math.max(0, pane.clientHeight - 150))}px`;
}

share({ tip });
