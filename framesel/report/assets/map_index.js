// Finds the point of the map that is nearest to a place, without looking at all of them.

const CELLS_A_POINT = 0.25;

/** A grid of cells over the points; each cell lists its points. */
class Grid {
  #x;
  #y;
  #side;
  #starts;
  #members;

  /** x, y: typed arrays; points that are not finite are nowhere. */
  constructor(x, y) {
    this.#x = x;
    this.#y = y;
    this.bounds = bounds(x, y);
    this.#side = Math.max(1, Math.ceil(Math.sqrt(x.length * CELLS_A_POINT)));
    const cells = Int32Array.from(x, (_, i) => this.#cell(x[i], y[i]));
    this.#starts = new Int32Array(this.#side ** 2 + 1);
    for (const cell of cells) if (cell >= 0) this.#starts[cell + 1]++;
    for (let c = 1; c < this.#starts.length; c++) this.#starts[c] += this.#starts[c - 1];
    const next = this.#starts.slice();
    this.#members = new Int32Array(this.#starts[this.#starts.length - 1]);
    cells.forEach((cell, i) => {
      if (cell >= 0) this.#members[next[cell]++] = i;
    });
  }

  #line(value, low, high) {
    const place = Math.floor(((value - low) / (high - low)) * this.#side);
    return Math.min(this.#side - 1, Math.max(0, place));
  }

  #cell(x, y) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return -1;
    const { left, right, bottom, top } = this.bounds;
    return this.#line(y, bottom, top) * this.#side + this.#line(x, left, right);
  }

  /**
   * The nearest point within reach, or -1.
   *
   * `nearer(i)` says how far away a point seems, as a share of how far it is: a point that is drawn
   * large is caught from farther off; 0 makes a point impossible to catch.
   */
  nearest(x, y, reach, nearer) {
    const { left, right, bottom, top } = this.bounds;
    const [fromX, toX] = [this.#line(x - reach, left, right), this.#line(x + reach, left, right)];
    const [fromY, toY] = [this.#line(y - reach, bottom, top), this.#line(y + reach, bottom, top)];
    let best = -1;
    let least = reach * reach;
    for (let row = fromY; row <= toY; row++) {
      const end = this.#starts[row * this.#side + toX + 1];
      for (let k = this.#starts[row * this.#side + fromX]; k < end; k++) {
        const i = this.#members[k];
        const weight = nearer(i);
        const away = ((this.#x[i] - x) ** 2 + (this.#y[i] - y) ** 2) * weight * weight;
        if (weight > 0 && away <= least) [best, least] = [i, away];
      }
    }
    return best;
  }
}

/** The box around all finite points; never without extent. */
function bounds(x, y) {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    if (x[i] < box.left) box.left = x[i];
    if (x[i] > box.right) box.right = x[i];
    if (y[i] < box.bottom) box.bottom = y[i];
    if (y[i] > box.top) box.top = y[i];
  }
  if (!(box.left <= box.right)) return { left: -1, right: 1, bottom: -1, top: 1 };
  if (box.left === box.right) [box.left, box.right] = [box.left - 1, box.right + 1];
  if (box.bottom === box.top) [box.bottom, box.top] = [box.bottom - 1, box.top + 1];
  return box;
}

framesel.share({ Grid });
