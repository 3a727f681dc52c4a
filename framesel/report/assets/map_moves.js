// Turns pointers, wheel, fingers and keys over the map into moves of its view.

const STEP = 60;
const PRESS = 5;

/**
 * Listens on a pane until the signal ends it.
 *
 * to: {pan(dx, dy), zoom(factor, x, y), fit(), hover(x, y) with null for nowhere, press(x, y, kind),
 * enter()}; pixels of CSS, from the pane's upper left corner.
 */
function listenForMoves(pane, signal, to) {
  const fingers = new Map();
  let walked = 0;
  const spot = (event) => {
    const box = pane.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const on = (type, f, options = {}) => pane.addEventListener(type, f, { ...options, signal });

  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (!fingers.size) walked = 0;
    fingers.set(event.pointerId, spot(event));
    pane.setPointerCapture(event.pointerId);
  });
  on("pointermove", (event) => {
    const now = spot(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      to.hover(...now);
      return;
    }
    walked += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(before, now, other, to);
    else if (walked > PRESS) to.pan(now[0] - before[0], now[1] - before[1]);
    fingers.set(event.pointerId, now);
  });
  const lift = (event, pressed) => {
    const held = fingers.delete(event.pointerId);
    if (held && pressed && walked <= PRESS && !fingers.size) to.press(...spot(event), event.pointerType);
  };
  on("pointerup", (event) => lift(event, true));
  on("pointercancel", (event) => lift(event, false));
  on("pointerleave", (event) => {
    // A finger leaves whenever it is lifted; what it touched stays to be looked at.
    if (event.pointerType !== "touch") to.hover(null, null);
  });
  on("wheel", (event) => {
    // The page scrolls on under a wheel that merely passes by: the map takes it once it was chosen.
    if (!event.ctrlKey && !pane.contains(document.activeElement)) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    to.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), ...spot(event));
  }, { passive: false });
  on("dblclick", (event) => to.zoom(2, ...spot(event)));
  on("keydown", (event) => {
    if (event.target === pane && steer(event, pane, to)) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
}

function pinch(before, now, other, to) {
  const apart = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]);
  const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
  to.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  if (apart(before) > 0) to.zoom(apart(now) / apart(before), ...middle);
}

/** Does what a key asks for; false if it asks for nothing. */
function steer(event, pane, to) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const [x, y] = [pane.clientWidth / 2, pane.clientHeight / 2];
  const moves = {
    ArrowLeft: () => to.pan(STEP, 0), ArrowRight: () => to.pan(-STEP, 0),
    ArrowUp: () => to.pan(0, STEP), ArrowDown: () => to.pan(0, -STEP),
    "+": () => to.zoom(1.4, x, y), "=": () => to.zoom(1.4, x, y), "-": () => to.zoom(1 / 1.4, x, y),
    "0": () => to.fit(), Enter: () => to.enter(),
  };
  if (!moves[event.key]) return false;
  moves[event.key]();
  return true;
}

framesel.share({ listenForMoves });
