// Asking the desk's server, and knowing when it does not answer.

/** The server said no; `status` is its number, `answer` what it sent. */
export class Refusal extends Error {
  constructor(status, answer) {
    super(answer?.message || `The desk refused this (${status}).`);
    this.status = status;
    this.answer = answer ?? {};
  }
}

/** The server did not answer: nobody knows whether it heard. */
export class Silence extends Error {}

/**
 * Tells "silent" when the server stops answering, "back" when it answers again, "locked" when it is
 * another one, "closed" when this page ended it.
 */
export const line = new EventTarget();

const PING_MS = 2000;
let silent = false;
let closed = false;

function tell(type) {
  line.dispatchEvent(new Event(type));
}

async function ping() {
  try {
    const answer = await fetch("/api/selections");
    if (answer.status === 403) tell("locked");
    else {
      silent = false;
      tell("back");
      return;
    }
  } catch {
    // Still nothing: asked again below.
  }
  setTimeout(ping, PING_MS);
}

function lost() {
  if (silent || closed) return;
  silent = true;
  tell("silent");
  setTimeout(ping, PING_MS);
}

/** Resolves when the server answers again; at once if it does now, never once it was closed. */
export function back() {
  if (!silent && !closed) return Promise.resolve();
  return new Promise((resolve) => line.addEventListener("back", resolve, { once: true }));
}

async function body(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 300) };
  }
}

async function ask(path, options) {
  // Nobody is there to answer, and nobody waits.
  if (closed) return new Promise(() => undefined);
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    lost();
    throw new Silence("The desk does not answer.");
  }
  const content = await body(answer);
  if (answer.status === 403) {
    lost();
    tell("locked");
  }
  if (!answer.ok) throw new Refusal(answer.status, content);
  return content;
}

/** GET: JSON. */
export const get = (path, signal) => ask(path, { signal });

/** POST of JSON: JSON. */
export function post(path, content = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(content) });
}

/** POST of a picture (a Blob with an image type): JSON. */
export function postPicture(path, blob) {
  return ask(path, { method: "POST", headers: { "Content-Type": blob.type }, body: blob });
}

/** Ends the server. */
export async function quit() {
  const answer = post("/api/quit");
  closed = true;
  try {
    await answer;
    tell("closed");
  } catch (error) {
    closed = false;
    throw error;
  }
}
