/* The marks: the same text again, unseen, exactly over the text that is written, so that writing
   stays the browser's own. Only lines that changed are drawn anew. */

import { element } from "./dom.js";
import { splitLines } from "./entities.js";
import { number, shortTypeName, t, typeName } from "./i18n.js";

const UNSURE = 0.5;

/* Draw the marks of `entities` and `removed` (ranges whose mark a person took away).
   `colourOf(type)` is a class. */
export function drawMarks(layer, text, { entities, removed, colourOf }) {
  const all = [...entities, ...removed.map((one) => ({ ...one, isRemoved: true }))];
  all.sort((one, other) => one.start - other.start);
  const lines = toLines(text, all);
  const before = layer.drawn ?? [];
  const keys = lines.map((line) => line.key);
  let head = 0;
  while (head < before.length && head < keys.length && before[head] === keys[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, keys.length) - head;
  while (tail < most && before.at(-1 - tail) === keys.at(-1 - tail)) tail += 1;
  const stale = [...layer.children].slice(head, before.length - tail);
  const fresh = lines.slice(head, keys.length - tail).map((line) => drawLine(line, colourOf));
  const next = layer.children[before.length - tail] ?? null;
  for (const line of stale) line.remove();
  for (const line of fresh) layer.insertBefore(line, next);
  layer.drawn = keys;
  renumber(layer, all);
}

/* Forget what is drawn, as the words on the marks have changed. */
export function redrawAll(layer) {
  layer.replaceChildren();
  layer.drawn = [];
}

function toLines(text, entities) {
  let next = 0;
  return splitLines(text).map(({ line, start }) => {
    const end = start + line.length;
    const marks = [];
    while (next < entities.length && entities[next].end <= start) next += 1;
    for (let at = next; at < entities.length && entities[at].start < end; at += 1) {
      const entity = entities[at];
      marks.push({
        ...entity,
        start: Math.max(entity.start - start, 0),
        end: Math.min(entity.end, end) - start,
        isRest: entity.start < start,
      });
    }
    const facts = marks.map((mark) => [
      mark.start, mark.end, mark.type, mark.score, mark.isCorrected, mark.isRemoved, mark.isRest,
    ]);
    return { line, marks, key: JSON.stringify([line, facts]) };
  });
}

function drawLine({ line, marks }, colourOf) {
  const drawn = element("div", { class: "line" });
  let done = 0;
  for (const mark of marks) {
    if (mark.start < done) continue;
    drawn.append(line.slice(done, mark.start), drawMark(line, mark, colourOf));
    done = mark.end;
  }
  drawn.append(line.slice(done) || (done ? "" : "\u200b"));
  return drawn;
}

function drawMark(line, mark, colourOf) {
  const kind = mark.isRemoved ? "removed" : `${colourOf(mark.type)}${classOf(mark)}`;
  const drawn = element("mark", { class: kind });
  if (!mark.isRest) drawn.append(drawChip(mark));
  drawn.append(line.slice(mark.start, mark.end));
  return drawn;
}

function classOf(mark) {
  if (mark.isCorrected) return " corrected";
  return mark.score < UNSURE ? " unsure" : "";
}

function drawChip(mark) {
  if (mark.isRemoved) {
    const label = t("chipRemoved", { text: mark.text });
    return element("button", { type: "button", class: "chip", "aria-label": label }, t("removed"));
  }
  const score = mark.isCorrected ? t("byHand") : number(mark.score, 2);
  const label = t(mark.isCorrected ? "chipCorrected" : "chip", {
    text: mark.text,
    type: typeName(mark.type),
    score,
  });
  return element(
    "button",
    { type: "button", class: "chip", "aria-label": label },
    shortTypeName(mark.type),
    element("span", { class: "score" }, score),
  );
}

/* Tie each chip to its entity in the whole text: lines that were kept have moved. */
function renumber(layer, entities) {
  const shown = [];
  let done = 0;
  for (const entity of entities) {
    if (entity.start < done) continue;
    shown.push(entity);
    done = entity.end;
  }
  layer.chips = [...layer.querySelectorAll(".chip")];
  layer.chips.forEach((chip, index) => {
    chip.entity = shown[index];
  });
}

/* The chip of the mark under a point of the window, or null. Marks are in order, so that few of
   them are measured. */
export function chipAt(layer, x, y) {
  const chips = layer.chips ?? [];
  let low = 0;
  let high = chips.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chips[middle].parentElement.getBoundingClientRect().bottom < y) low = middle + 1;
    else high = middle;
  }
  for (const chip of chips.slice(low, low + 40)) {
    for (const box of chip.parentElement.getClientRects()) {
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return chip;
    }
  }
  return null;
}
