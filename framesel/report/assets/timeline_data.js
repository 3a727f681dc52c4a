// What the timeline knows of each video: its frames, their scores, runs of near-duplicates.

const { columns, share, store } = framesel;

/** Where each video's frames begin in the columns, which list them video by video: (videos + 1,). */
function starts() {
  const found = new Int32Array(store.story.videos.length + 1);
  for (const video of columns("video") ?? []) found[video + 1]++;
  for (let i = 1; i < found.length; i++) found[i] += found[i - 1];
  return found;
}

/** Mean score of each video's frames; -Infinity where none has one. */
function meanScores(begin) {
  const scores = columns("score");
  return store.story.videos.map((_, v) => {
    let [sum, n] = [0, 0];
    for (let i = begin[v]; scores && i < begin[v + 1]; i++) {
      if (Number.isFinite(scores[i])) [sum, n] = [sum + scores[i], n + 1];
    }
    return n ? sum / n : -Infinity;
  });
}

/** How many picks each video has now: decisions at the desk change it. */
function pickCounts(begin) {
  const fates = columns("fate");
  const pick = store.story.fates.indexOf("pick");
  return store.story.videos.map((_, v) => fates.subarray(begin[v], begin[v + 1]).reduce((n, fate) => n + (fate === pick), 0));
}

/** Stretches of two or more frames that one frame stands for: [[first, last], …], places in the columns. */
function runs(from, to) {
  const [fates, keepers, rows] = ["fate", "keeper", "row"].map(columns);
  const duplicate = store.story.fates.indexOf("duplicate");
  const stands = (i) => (fates[i] === duplicate && keepers[i] >= 0 ? keepers[i] : rows[i]);
  const found = [];
  for (let i = from; i < to; ) {
    const first = i++;
    while (i < to && stands(i) === stands(first)) i++;
    if (i - first > 1) found.push([first, i - 1]);
  }
  return found;
}

/** One video as a line: its frames are at places `from` to `to` (not included) of the columns. */
function line(index, begin) {
  const video = store.story.videos[index];
  const [from, to] = [begin[index], begin[index + 1]];
  const times = columns("t_s");
  const last = to > from ? times[to - 1] : 0;
  const length = Math.max(video.duration_s || 0, last) || 1;
  const pick = store.story.fates.indexOf("pick");
  const picks = [];
  for (let i = from; i < to; i++) if (columns("fate")[i] === pick) picks.push(i);
  const still = to - from === 1 && !(video.duration_s > 0);
  return {
    video, from, to, length, picks, runs: runs(from, to),
    /** Share of the width at which a frame stands. */
    at: (i) => (still ? 0.5 : times[i] / length),
  };
}

/** The frame of a line that is nearest to a share of its width; -1 if it has none. */
function nearestFrame({ from, to, at }, part) {
  let [low, high] = [from, to - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle) < part) low = middle + 1;
    else high = middle;
  }
  return low > from && part - at(low - 1) < at(low) - part ? low - 1 : Math.min(low, to - 1);
}

/** Which videos hold a frame that passes the filters, and whose name has the words: their places. */
function passing(begin, lit, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const whole = lit.every((bit) => bit); // then videos without a frame have their line too
  const passes = (v) => {
    if (whole) return true;
    for (let i = begin[v]; i < begin[v + 1]; i++) if (lit[i]) return true;
    return false;
  };
  return store.story.videos.flatMap((video, v) => {
    const name = `${video.folder} ${video.name}`.toLowerCase();
    return words.every((word) => name.includes(word)) && passes(v) ? [v] : [];
  });
}

const collator = new Intl.Collator(undefined, { numeric: true });
const named = (a, b) => collator.compare(a.name, b.name);

/** Puts videos in order: by name, or the largest first; scores and picks: a number for each. */
function sorted(places, by, { scores, picks }) {
  const { videos } = store.story;
  const numbers = { picks: (v) => picks[v], length: (v) => videos[v].duration_s ?? 0, score: (v) => scores[v] };
  const value = numbers[by] ?? (() => 0);
  return places.slice().sort((a, b) => (value(b) === value(a) ? 0 : value(b) - value(a)) || named(videos[a], videos[b]));
}

share({ lines: Object.freeze({ starts, meanScores, pickCounts, runs, line, nearestFrame, passing, sorted }) });
