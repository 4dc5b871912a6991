/* Correcting: a mark or a selection becomes a range of whole words, and a person says what it is. */

import { createChooser } from "./choose.js";
import { $, announce } from "./dom.js";
import { addCorrection, overlap, splitLines } from "./entities.js";
import { t, typeName } from "./i18n.js";
import { chipAt } from "./layer.js";
import { colourOf, placeOf, state } from "./state.js";
import { snapToWords, splitWords } from "./text.js";

const input = $("text");
const layer = $("layer");
let drawAll = () => {};
let hot = null;

const chooser = createChooser($("choose"), {
  paper: $("paper"),
  onChoose: correct,
  onClose: (range) => ((range.isMark && chipOf(range)) || input).focus({ preventScroll: true }),
});

export const closeChooser = chooser.close;

/* Listen to text and marks; `draw` is called when a correction was made. */
export function startCorrecting(draw) {
  drawAll = draw;
  layer.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    if (chip) openChip(chip, true);
  });
  layer.addEventListener("keydown", (event) => {
    const chip = event.target.closest(".chip");
    if (!chip || !["Delete", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    correct({ ...chip.entity, isMark: true }, null);
  });
  input.addEventListener("pointermove", (event) => heat(chipAt(layer, event.clientX, event.clientY)));
  input.addEventListener("pointerleave", () => heat(null));
  input.addEventListener("pointerup", (event) => {
    // the selection is made after the button was let go
    setTimeout(() => onPointerUp(event.clientX, event.clientY));
  });
  input.addEventListener("keyup", (event) => {
    if (event.key !== "Escape") onSelect();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") chooser.close();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("#paper")) chooser.close();
  });
}

function onPointerUp(x, y) {
  if (input.selectionStart !== input.selectionEnd) {
    onSelect();
    return;
  }
  const chip = chipAt(layer, x, y);
  if (chip) openChip(chip, false);
  else chooser.close();
}

/* Show the score of the mark below the pointer. */
function heat(chip) {
  if (chip === hot) return;
  hot?.parentElement?.classList.remove("hot");
  chip?.parentElement.classList.add("hot");
  hot = chip;
}

function chipOf(range) {
  return layer.chips.find(({ entity }) => range && overlap(entity, range)) ?? null;
}

function openChooser(range, box, focus) {
  chooser.open({ ...range, place: placeOf(range.start) }, { types: state.types, colourOf, box, focus });
}

function openChip(chip, focus) {
  openChooser({ ...chip.entity, isMark: focus }, chip.parentElement.getClientRects()[0], focus);
}

function correct(range, type) {
  const { start, end } = range;
  state.corrections =
    type === undefined
      ? state.corrections.filter((one) => !overlap(one, range))
      : addCorrection(state.corrections, { start, end, type });
  drawAll();
  const chip = range.isMark && chipOf(range);
  if (chip) {
    chip.focus({ preventScroll: true });
  } else {
    input.focus({ preventScroll: true });
    input.setSelectionRange(end, end);
  }
  if (type) announce(t("done", { text: range.text, type: typeName(type) }));
  else if (type === null) announce(t("doneRemoved", { text: range.text }));
}

/* Offer types for what is selected: whole words, whatever was hit. */
function onSelect() {
  const { selectionStart, selectionEnd } = input;
  const snapped = snapSelection(selectionStart, selectionEnd);
  if (!snapped) {
    chooser.close();
    return;
  }
  const [start, end] = snapped;
  const open = chooser.range();
  if (open?.start === start && open?.end === end) return;
  const known = layer.chips.find(({ entity }) => entity.start === start && entity.end === end);
  const range = known?.entity ?? { start, end, text: state.text.slice(start, end) };
  openChooser(range, boxOf(start, end), false);
  announce(t("selected", { text: range.text }));
}

/* A name lies in one line: who selects more wants to copy or to delete. */
function snapSelection(start, end) {
  if (start === end || state.text.slice(start, end).includes("\n")) return null;
  const from = state.text.lastIndexOf("\n", start - 1) + 1;
  const next = state.text.indexOf("\n", end);
  const around = state.text.slice(from, next < 0 ? undefined : next);
  const snapped = snapToWords(around, start - from, end - from, splitWords(around));
  return snapped && [snapped[0] + from, snapped[1] + from];
}

/* Where a range is on the screen: its place in the layer, which lies over the text. */
function boxOf(start, end) {
  const range = document.createRange();
  const lines = splitLines(state.text);
  const index = lines.findLastIndex((line) => line.start <= start);
  const stop = Math.min(end - lines[index].start, lines[index].line.length);
  setEdge(range, layer.children[index], start - lines[index].start, "setStart");
  setEdge(range, layer.children[index], stop, "setEnd");
  return range.getClientRects()[0] ?? layer.children[index].getBoundingClientRect();
}

function setEdge(range, line, offset, edge) {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest(".chip") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  let left = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left <= node.length) {
      range[edge](node, left);
      return;
    }
    left -= node.length;
  }
}
