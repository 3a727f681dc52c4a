// What a reviewer can do: each command has a name, a key and a button, and is registered once.

const commands = new Map();
const keys = new Map();

/**
 * Adds a command: {id, label, keys: ["x"], shown: "X", help, run, enabled?}.
 * `enabled` says whether it makes sense now; without it, it always does.
 */
export function add(entry) {
  commands.set(entry.id, entry);
  for (const key of entry.keys ?? []) keys.set(key, entry);
}

/** Runs a command by its name, if it makes sense now. */
export function command(id) {
  const entry = commands.get(id);
  if (entry.enabled?.() ?? true) entry.run();
}

/** The command of a key, or undefined. */
export const keyed = (key) => keys.get(key);

/** All of them, in the order in which they were added. */
export const everything = () => [...commands.values()];

export const get = (id) => commands.get(id);
