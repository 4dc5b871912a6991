/* One text, what was found in it, and what was corrected: the page is drawn from this alone. */

import { applyCorrections } from "./entities.js";
import { settings } from "./settings.js";

export const N_COLOURS = 6;

/* `found` remembers entities by line; `document` is where the text came from, if from a file. */
export const state = {
  text: "",
  entities: [],
  corrections: [],
  found: new Map(),
  document: null,
  models: [],
  model: null,
  types: ["PER", "ORG", "LOC"],
  hidden: new Set(),
};

/* As `type_position` of nerbridge/palette.py: these three have the same colour in every model. */
const FIRST = ["PER", "ORG", "LOC"];
export function colourOf(type) {
  const first = FIRST.some((name) => state.types.includes(name)) ? FIRST : [];
  const order = [...first, ...state.types.filter((name) => !first.includes(name))];
  const place = order.indexOf(type);
  return `c${(place < 0 ? order.length : place) % N_COLOURS}`;
}

/* The entities over the minimum score, and of these the ones whose type is on. */
export function view() {
  const found = applyCorrections(
    state.entities.filter((one) => one.score >= settings.minScore),
    state.corrections,
    state.text,
  );
  return { found, shown: found.filter((one) => !state.hidden.has(one.type)) };
}

/* Page or paragraph of a document at an offset; undefined outside of documents. */
export function placeOf(at) {
  return state.document?.segments.find((one) => one.start <= at && at < one.end)?.place;
}
