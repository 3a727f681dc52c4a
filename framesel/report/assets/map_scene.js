// Draws the points of the map straight into the pixels of a canvas.
//
// A hundred thousand circles by the canvas's own commands take too long for a step; written as
// numbers into one buffer they take a few milliseconds, with or without a graphics card.

const MOST_PIXELS = 3e6;

/** A small disc with a soft edge: places relative to its middle, and how much of each it covers. */
function disc(radius, width) {
  const reach = Math.ceil(radius + 0.5);
  const offsets = [];
  const cover = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const share = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)));
      if (share < 0.06) continue;
      offsets.push(dy * width + dx);
      cover.push(Math.round(256 * share));
    }
  }
  return { reach, offsets: Int32Array.from(offsets), cover: Int32Array.from(cover) };
}

/** One picture of all points. Sizes in pixels of the screen; `ratio` of them to one of CSS. */
class Scene {
  #canvas;
  #paint;
  #image = null;
  #pixels = null;
  #x;
  #y;
  #small = new Int32Array(0);
  #large = new Int32Array(0);
  #colours;
  ratio = 1;
  ground = 0xffffffff;
  ring = 0xff000000;

  constructor(canvas, x, y) {
    this.#canvas = canvas;
    // Read often: keeps the canvas in main memory, where the buffer is copied into it fastest.
    this.#paint = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.#x = x;
    this.#y = y;
    this.#colours = new Uint32Array(x.length);
  }

  /** Takes the canvas's size on the page; fewer pixels than the screen has where it has very many. */
  resize(width, height) {
    const wanted = Math.min(2, window.devicePixelRatio || 1);
    this.ratio = Math.min(wanted, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
    this.#canvas.width = Math.max(1, Math.round(width * this.ratio));
    this.#canvas.height = Math.max(1, Math.round(height * this.ratio));
    this.#image = this.#paint.createImageData(this.#canvas.width, this.#canvas.height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
  }

  /**
   * Says how each point looks.
   *
   * colours: (n,) packed; lit: (n,) 1 for what passes the filters; large: the points drawn last.
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
  draw(view, radius) {
    if (!this.#pixels) return; // no size yet: the map is on a tab that is not shown
    const width = this.#canvas.width;
    this.#pixels.fill(this.ground);
    const scale = view.scale * this.ratio;
    const place = [width / 2 - view.x * scale, this.#canvas.height / 2 + view.y * scale, scale];
    const dot = disc(radius * this.ratio, width);
    const large = Math.max(3.2, radius * 1.9) * this.ratio;
    this.#stamp(dot, this.#small, place);
    this.#stampRinged(disc(large + 1.25 * this.ratio, width), disc(large, width), place);
    this.#paint.putImageData(this.#image, 0, 0);
  }

  #stamp(dot, points, [ox, oy, scale]) {
    const [x, y, colours] = [this.#x, this.#y, this.#colours];
    const [reach, right, bottom] = [dot.reach, this.#canvas.width - dot.reach, this.#canvas.height - dot.reach];
    for (let k = 0; k < points.length; k++) {
      const i = points[k];
      const px = (x[i] * scale + ox) | 0;
      const py = (oy - y[i] * scale) | 0;
      if (px < reach || py < reach || px >= right || py >= bottom) continue;
      this.#blend(dot, py * this.#canvas.width + px, colours[i]);
    }
  }

  #stampRinged(ring, dot, [ox, oy, scale]) {
    for (const i of this.#large) {
      const px = (this.#x[i] * scale + ox) | 0;
      const py = (oy - this.#y[i] * scale) | 0;
      const inside = px >= ring.reach && px < this.#canvas.width - ring.reach;
      if (!inside || py < ring.reach || py >= this.#canvas.height - ring.reach) continue;
      this.#blend(ring, py * this.#canvas.width + px, this.ring);
      this.#blend(dot, py * this.#canvas.width + px, this.#colours[i]);
    }
  }

  #blend(dot, base, colour) {
    const [pixels, offsets, cover] = [this.#pixels, dot.offsets, dot.cover];
    const outer = colour & 0xff00ff;
    const inner = colour & 0x00ff00;
    for (let k = 0; k < offsets.length; k++) {
      const at = base + offsets[k];
      const part = cover[k];
      if (part === 256) {
        pixels[at] = colour;
        continue;
      }
      const below = pixels[at];
      const rb = (Math.imul(outer, part) + Math.imul(below & 0xff00ff, 256 - part)) >>> 8;
      const green = (Math.imul(inner, part) + Math.imul(below & 0x00ff00, 256 - part)) >>> 8;
      pixels[at] = 0xff000000 | (rb & 0xff00ff) | (green & 0x00ff00);
    }
  }
}

/** A colour that is mostly ground. */
function faded(colour, ground) {
  let out = 0xff000000;
  for (const shift of [0, 8, 16]) {
    const [a, b] = [(colour >>> shift) & 255, (ground >>> shift) & 255];
    out |= Math.round(a * 0.14 + b * 0.86) << shift;
  }
  return out >>> 0;
}

framesel.share({ Scene });
