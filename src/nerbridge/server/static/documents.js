/* A document of the API as the page holds it. */

import { splitLines } from "./entities.js";
import { codePointStarts, fromApi } from "./text.js";

/* Its text, its segments and entities with UTF-16 offsets, and its entities by line. */
export function toPage({ name, kind, text, segments, entities, notices }) {
  const { plain, move } = toTextarea(text);
  const placed = entities.map(move);
  const byLine = splitLines(plain).map(({ line, start }) => {
    const inside = placed.filter((one) => one.start >= start && one.start < start + line.length);
    const moved = inside.map((one) => ({ ...one, start: one.start - start, end: one.end - start }));
    return [line, { entities: moved, notices: [] }];
  });
  return { plain, byLine, document: { name, kind, segments: segments.map(move), notices } };
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

