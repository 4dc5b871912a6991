/* A document of the API as the page holds it. */

import { splitLines } from "./entities.js";
import { codePointStarts, fromApi } from "./text.js";

/* Its text, its segments and entities with UTF-16 offsets, and what is `found` by line. */
export function toPage({ name, kind, text, segments, entities, notices }) {
  const { plain, move } = toTextarea(text);
  const placed = entities.map(move);
  const document = { name, kind, segments: segments.map(move), notices };
  return { text: plain, entities: placed, found: findByLine(plain, placed), document };
}

/* Entities by line, of lines that have the same ones wherever they stand: the server reads a line
   of a document with those around it. A name over several lines is of its first. */
function findByLine(text, entities) {
  const found = new Map();
  const differing = new Set();
  for (const { line, start } of splitLines(text)) {
    const inside = entities.filter((one) => one.start >= start && one.start < start + line.length);
    const moved = inside.map((one) => ({ ...one, start: one.start - start, end: one.end - start }));
    if (found.has(line) && factsOf(found.get(line)) !== factsOf(moved)) differing.add(line);
    found.set(line, moved);
  }
  for (const line of differing) found.delete(line);
  return found;
}

function factsOf(entities) {
  return JSON.stringify(entities.map(({ start, end, type }) => [start, end, type]));
}

/* The text as a textarea holds it, with line feeds alone, and ranges of the API moved to it. */
function toTextarea(text) {
  const starts = codePointStarts(text);
  const plain = text.replace(/\r\n?/g, "\n");
  const dropped = [...text.matchAll(/\r(?=\n)/g)].map((match) => match.index);
  const before = (unit) => {
    let low = 0;
    let high = dropped.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (dropped[middle] < unit) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const move = (range) => {
    const moved = fromApi(range, starts);
    const [start, end] = [moved.start - before(moved.start), moved.end - before(moved.end)];
    return { ...moved, start, end, ...(range.text && { text: plain.slice(start, end) }) };
  };
  return { plain, move };
}
