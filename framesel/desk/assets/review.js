// What is being reviewed: the picks, the frame in view, and what is decided about it.

import "./base.js";
import { Refusal, Silence, back, get, post } from "./api.js";
import { name } from "./words.js";

const { store } = framesel;
const LATER = 1500;

/** Tells "picks", "current", "said" (a decision's words) and "waiting" (a replacement is looked for). */
class Review extends EventTarget {
  seq = 0;
  current = null;
  waiting = 0;
  #queue = Promise.resolve();
  #unsent = 0;
  #place = 0;
  #polled = 0;
  #own = new Set();
  #seen = new Set();

  #tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  get picks() {
    return store.story.pick_rows;
  }

  /** What a reviewer has rejected, as far as this tab knows: rows. */
  get rejected() {
    const fates = framesel.columns("fate");
    if (!fates) return [...this.#seen].filter((row) => store.card(row)?.fate === "declined");
    const code = store.story.fates.indexOf("declined");
    const out = [];
    fates.forEach((fate, place) => {
      if (fate === code) out.push(framesel.columns("row")[place]);
    });
    return out;
  }

  begin(story) {
    this.seq = story.seq;
    this.#polled = story.seq;
    this.#listen();
  }

  /** Decisions that the server has not answered yet. */
  get unsent() {
    return this.#unsent;
  }

  /** Shows a frame, whether it is a pick or not. */
  go(row) {
    const card = store.card(row);
    if (!card) return;
    const place = this.picks.indexOf(row);
    if (place >= 0) this.#place = place;
    this.current = row;
    if (store.selected !== row) store.open(row);
    this.#tell("current", { row, card });
  }

  /** The pick from which one looks at neighbours. */
  get pick() {
    return this.picks[Math.min(this.#place, this.picks.length - 1)] ?? null;
  }

  /** Frames come in, as they were after decision `seq`: they count unless a later one is known. */
  learn(cards, seq) {
    if (seq < this.seq) return this.meet(cards);
    for (const card of cards) this.#seen.add(card.row);
    store.add(cards);
  }

  /** Frames of which the server says less, or what is out of date: taken where nothing better is known. */
  meet(cards) {
    const known = (card) => store.card(card.row);
    this.learn(cards.filter((card) => !known(card) || known(card).light), this.seq);
  }

  #take(answer) {
    this.seq = Math.max(this.seq, answer.seq ?? 0);
    for (const decision of answer.decisions ?? []) this.#own.add(decision.no);
    const cards = answer.cards ?? [];
    for (const card of cards) this.#seen.add(card.row);
    store.change({ cards: [...cards, ...moved(answer.pick_rows ?? [], cards)], pick_rows: answer.pick_rows ?? null });
    this.#tell("picks", answer);
  }

  /** One decision after the other: `seq` is what the server compares. */
  #ordered(work) {
    this.#unsent += 1;
    const done = this.#queue.then(work).finally(() => (this.#unsent -= 1));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Sends a decision; one that met silence is sent again when the desk is back, with its old number. */
  async #send(path, content) {
    for (;;) {
      try {
        return await post(path, { seq: this.seq, ...content });
      } catch (error) {
        if (!(error instanceof Silence)) throw error;
        this.#tell("said", { message: `${error.message} This is sent when it does.`, trouble: true });
        await back();
      }
    }
  }

  /** Decides about a frame; resolves to the server's answer, or null if it refused. */
  decide(kind, row, rest = {}) {
    return this.#ordered(async () => {
      try {
        const answer = await this.#send("/api/decide", { kind, row, ...rest });
        this.#heard(kind, row, answer);
        return answer;
      } catch (error) {
        this.#refused(error);
        return null;
      }
    });
  }

  #heard(kind, row, answer) {
    this.#take(answer);
    if (kind === "reject" && answer.pending) this.#wait(1);
    if (kind === "reject" && this.current === row) this.go(answer.replacement?.row ?? this.pick ?? row);
    else this.go(this.current);
    this.#tell("said", { message: answer.message });
  }

  #wait(more) {
    this.waiting += more;
    this.#tell("waiting", { waiting: this.waiting });
  }

  #refused(error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.answer.pick_rows) this.#take(error.answer);
    if (this.current !== null) this.go(this.current);
    this.#tell("said", { message: error.message, trouble: true });
  }

  /** "undo" or "redo". */
  turn(which) {
    return this.#ordered(async () => {
      try {
        const answer = await this.#send(`/api/${which}`, {});
        this.#take(answer);
        const row = answer.cards?.find((card) => card.fate === "pick")?.row ?? answer.cards?.[0]?.row;
        this.go(row ?? this.current);
        this.#tell("said", { message: answer.message });
      } catch (error) {
        this.#refused(error);
      }
    });
  }

  /** Hears what other tabs decide, and replacements that took longer. */
  async #listen() {
    for (;;) {
      try {
        const since = this.seq;
        const answer = await get(`/api/changes?after=${this.#polled}`);
        await this.#queue;
        // What was decided here meanwhile may be newer than this answer: then it is asked for again.
        if (this.seq === since && answer.seq !== this.#polled) this.#others(answer);
      } catch (error) {
        if (error instanceof Silence) await back();
        else await new Promise((resolve) => setTimeout(resolve, LATER));
      }
    }
  }

  #others(answer) {
    const before = new Set(this.picks);
    let foreign = false;
    for (let no = this.#polled + 1; no <= answer.seq; no++) foreign ||= !this.#own.has(no);
    // Fewer than before: what was said of a video is forgotten with it.
    if (answer.seq < this.#polled) this.seq = answer.seq;
    this.#polled = answer.seq;
    this.#take(answer);
    const entered = answer.cards.filter((card) => card.verdict === "replacement" && !before.has(card.row));
    const words = entered.map((card) => `${name(card)} takes the place of a rejected frame: ${card.reason}`);
    if (this.waiting && entered.length) this.#wait(-Math.min(this.waiting, entered.length));
    if (words.length) this.#tell("said", { message: words.join(" ") });
    else if (foreign) this.#tell("said", { message: "Another tab decided something; this one shows it now." });
    if (this.current !== null) this.go(this.current);
  }
}

/** Picks that were not touched, and whose rank is another one now. */
function moved(rows, cards) {
  const sent = new Set(cards.map((card) => card.row));
  const ranked = rows.map((row, i) => [store.card(row), i + 1]);
  const old = ranked.filter(([card, rank]) => card && card.rank !== rank && !sent.has(card.row));
  return old.map(([card, rank]) => ({ ...card, rank }));
}

export const review = new Review();
