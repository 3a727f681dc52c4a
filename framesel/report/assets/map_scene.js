// Draws the points of the map straight into the pixels of a canvas.
//
// A hundred thousand circles by the canvas's own commands take too long for a step; written as
// numbers into one buffer they take a few milliseconds, with or without a graphics card.
//
// Libraries for this were tried with 100,000 points in a browser without a GPU: plotly's WebGL runs
// code that it makes from text, which the page's policy forbids, and took a second a step; deck.gl took
// more than two.

const MOST_PIXELS = 3e6;
const MANY = 20000;
const BLACK = 255 << 24;

/**
 * A small disc with a soft edge, as places relative to its middle: those that it covers whole, and
 * those of its edge with how much of each, of 256, it covers. A hard disc has no such edge.
 */
function disc(radius, width, soft = true) {
  const reach = Math.ceil(radius + 0.5);
  const [whole, edge, cover] = [[], [], []];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const part = Math.round(256 * Math.min(1, radius + 0.5 - Math.hypot(dx, dy)));
      if (part === 256 || (!soft && part > 90)) whole.push(dy * width + dx);
      else if (soft && part > 24) edge.push(dy * width + dx) && cover.push(part);
    }
  }
  return { reach, whole: Int32Array.from(whole), edge: Int32Array.from(edge), cover: Int32Array.from(cover) };
}

/** Draws a disc into pixels around one of them. */
function stamp(pixels, dot, base, colour) {
  const { whole, edge, cover } = dot;
  const outer = colour & 0xff00ff;
  const inner = colour & 0x00ff00;
  for (let k = 0; k < edge.length; k++) {
    const at = base + edge[k];
    const part = cover[k];
    const below = pixels[at];
    const rb = (Math.imul(outer, part) + Math.imul(below & 0xff00ff, 256 - part)) >>> 8;
    const green = (Math.imul(inner, part) + Math.imul(below & 0x00ff00, 256 - part)) >>> 8;
    pixels[at] = BLACK | (rb & 0xff00ff) | (green & 0x00ff00);
  }
  for (let k = 0; k < whole.length; k++) pixels[base + whole[k]] = colour;
}

/** One picture of all points. Sizes in pixels of the screen; `ratio` of them to one of CSS. */
class Scene {
  #canvas;
  #paint;
  #size = null;
  #image = null;
  #pixels = null;
  #x;
  #y;
  #small = new Int32Array(0);
  #large = new Int32Array(0);
  #colours;
  ratio = 1;
  ground = -1;
  ring = BLACK;

  constructor(canvas, x, y) {
    this.#canvas = canvas;
    // Read often: keeps the canvas in main memory, where the buffer is copied into it fastest.
    this.#paint = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.#x = x;
    this.#y = y;
    this.#colours = new Int32Array(x.length);
  }

  /** Takes the size of the canvas on the page. */
  resize(width, height) {
    this.#size = [width, height];
    this.#image = null;
  }

  /** Takes as many pixels as the screen has, within reason; one for one of CSS where it must be quick. */
  #fit(quick) {
    const [width, height] = this.#size;
    const most = Math.sqrt(MOST_PIXELS / Math.max(1, width * height));
    const ratio = Math.min(quick ? 1 : 2, window.devicePixelRatio || 1, most);
    if (this.#image && ratio === this.ratio) return;
    this.ratio = ratio;
    this.#canvas.width = Math.max(1, Math.round(width * ratio));
    this.#canvas.height = Math.max(1, Math.round(height * ratio));
    this.#image = this.#paint.createImageData(this.#canvas.width, this.#canvas.height);
    // Signed: a colour is then a small integer to the engine, which reckons with those fastest.
    this.#pixels = new Int32Array(this.#image.data.buffer);
  }

  /**
   * Says how each point looks.
   *
   * colours: (n,) as `palette.pack` makes them; lit: (n,) 1 for what passes the filters; large: the points drawn last.
   */
  dress(colours, lit, large) {
    const big = new Set(large);
    const order = [[], []];
    for (let i = 0; i < colours.length; i++) {
      if (!big.has(i)) order[lit[i] ? 1 : 0].push(i);
      this.#colours[i] = lit[i] ? colours[i] : faded(colours[i], this.ground);
    }
    this.#small = Int32Array.from(order[0].concat(order[1]));
    this.#large = Int32Array.from(large.filter((i) => !lit[i]).concat(large.filter((i) => lit[i])));
  }

  /** Draws; view: {x, y: data at the middle, scale: pixels of CSS for one unit of data}. */
  draw(view, radius, moving) {
    if (!this.#size) return; // the map is on a tab that is not shown
    const quick = moving && this.#x.length > MANY;
    this.#fit(quick);
    const { width, height } = this.#canvas;
    this.#pixels.fill(this.ground);
    const scale = view.scale * this.ratio;
    const place = [width / 2 - view.x * scale, height / 2 + view.y * scale, scale];
    const large = Math.max(3.2, radius * 1.9) * this.ratio;
    this.#scatter(this.#small, [[disc(radius * this.ratio, width, !quick), null]], place);
    const ring = disc(large + 1.25 * this.ratio, width);
    this.#scatter(this.#large, [[ring, this.ring], [disc(large, width), null]], place);
    this.#paint.putImageData(this.#image, 0, 0);
  }

  /** Draws points, each as dots over one another: [[dot, its colour, null for the point's own]]. */
  #scatter(points, dots, [ox, oy, scale]) {
    const [x, y, colours, pixels, width] = [this.#x, this.#y, this.#colours, this.#pixels, this.#canvas.width];
    const reach = dots[0][0].reach;
    const [right, bottom] = [width - reach, this.#canvas.height - reach];
    for (let k = 0; k < points.length; k++) {
      const i = points[k];
      const px = (x[i] * scale + ox) | 0;
      const py = (oy - y[i] * scale) | 0;
      if (px < reach || py < reach || px >= right || py >= bottom) continue;
      for (let d = 0; d < dots.length; d++) stamp(pixels, dots[d][0], py * width + px, dots[d][1] ?? colours[i]);
    }
  }
}

/** A colour that is mostly ground. */
function faded(colour, ground) {
  let out = BLACK;
  for (const shift of [0, 8, 16]) {
    const [a, b] = [(colour >>> shift) & 255, (ground >>> shift) & 255];
    out |= Math.round(a * 0.14 + b * 0.86) << shift;
  }
  return out | 0;
}

framesel.share({ Scene });
