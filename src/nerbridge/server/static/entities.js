/* Entities over a text that changes, and what a person corrected.

   An entity here has `start` and `end` (UTF-16 units of the whole text, half-open), `type`, `text`
   and `score`. A correction is `{start, end, type}`; its type is null where an entity was removed.
   All functions are pure. */

/* What an edit did: `text[start:oldEnd]` became `text[start:newEnd]`. */
export function findEdit(before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let kept = 0;
  while (kept < shorter - start && before.at(-1 - kept) === after.at(-1 - kept)) kept += 1;
  return { start, oldEnd: before.length - kept, newEnd: after.length - kept };
}

/* Ranges after an edit: those behind it move, those it cut are gone. */
export function shiftRanges(ranges, { start, oldEnd, newEnd }) {
  const by = newEnd - oldEnd;
  const moved = [];
  for (const range of ranges) {
    if (range.end <= start) moved.push(range);
    else if (range.start >= oldEnd) {
      moved.push({ ...range, start: range.start + by, end: range.end + by });
    }
  }
  return moved;
}

/* As `shiftRanges`, but a range that is edited inside grows or shrinks with it. */
export function stretchRanges(ranges, { start, oldEnd, newEnd }) {
  const move = (at) => (at >= oldEnd ? at + newEnd - oldEnd : Math.min(at, start));
  return ranges.map((range) => ({ ...range, start: move(range.start), end: move(range.end) }));
}

/* The lines of a text with where they start; lines hold whole sentences, so that each can be
   tagged by itself. */
export function splitLines(text) {
  const lines = [];
  let start = 0;
  for (const line of text.split("\n")) {
    lines.push({ line, start });
    start += line.length + 1;
  }
  return lines;
}

/* The entities of a text: of lines that were tagged what was found there, of others what is left
   from before. */
export function collect(text, found, before) {
  const entities = [];
  for (const { line, start } of splitLines(text)) {
    const end = start + line.length;
    const of = found.get(line);
    if (of) {
      for (const entity of of.entities) {
        const moved = { ...entity, start: entity.start + start, end: entity.end + start };
        if (text.slice(moved.start, moved.end) === entity.text) entities.push(moved);
      }
    } else {
      entities.push(...before.filter((entity) => entity.start >= start && entity.end <= end));
    }
  }
  return entities;
}

/* Model's entities with the corrections over them, in order of the text. */
export function applyCorrections(entities, corrections, text) {
  const kept = entities.filter((entity) => !corrections.some((one) => overlap(one, entity)));
  const added = corrections
    .filter((one) => one.type !== null)
    .map((one) => ({ ...one, text: text.slice(one.start, one.end), score: 1, isCorrected: true }));
  return [...kept, ...added].sort((one, other) => one.start - other.start);
}

/* The corrections with one more; it replaces those it touches. */
export function addCorrection(corrections, correction) {
  return [...corrections.filter((one) => !overlap(one, correction)), correction];
}

export function overlap(one, other) {
  return one.start < other.end && one.end > other.start;
}

/* Entities of one type and text as one entry, the most frequent first. */
export function group(entities) {
  const groups = new Map();
  for (const entity of entities) {
    const key = `${entity.type}\n${entity.text}`;
    if (!groups.has(key)) groups.set(key, { type: entity.type, text: entity.text, n: 0 });
    groups.get(key).n += 1;
  }
  return [...groups.values()].sort((one, other) => other.n - one.n);
}
