/* Whether the full stop or colon behind a word belongs to it; nerbridge/text/abbreviations.py says
   why, and tests/server/test_static.py holds the two against each other. */

import {
  ABBREVIATIONS, AMBIGUOUS, FINAL_VIRAMA, LETTER, NO_INITIALS, SYLLABLE, TITLES,
} from "./tables.js";

const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;
const MAX_CHARACTERS = 32;
const NEXT = /\.[ \u00a0]?([\p{L}\p{M}\p{Cf}]{1,32})\.(?!\.)/uy;

const plainForm = (word) => word.replace(INVISIBLE, "").normalize("NFC");

export const ownsColon = (word) => TITLES.has(plainForm(word));

export function ownsStop(word, text, stop, isLast, follows) {
  const parts = word.split(".");
  if (parts.length > 1) return ABBREVIATIONS.has(plainForm(word)) || parts.every(mayAbbreviate);
  if (isLast) return false;
  if (kindOf(word) === "always") return true;
  return mayAbbreviate(word) && (follows || precedesAbbreviation(text, stop));
}

function precedesAbbreviation(text, stop) {
  NEXT.lastIndex = stop;
  const found = NEXT.exec(text);
  return found !== null && mayAbbreviate(found[1]);
}

const mayAbbreviate = (word) => kindOf(word) !== "never";

function kindOf(word) {
  if (word.length > MAX_CHARACTERS) return "never";
  const plain = plainForm(word).replace(FINAL_VIRAMA, "");
  if (AMBIGUOUS.has(plain)) return "in company";
  if (NO_INITIALS.has(plain)) return "never";
  if (ABBREVIATIONS.has(plain) || LETTER.test(plain)) return "always";
  return SYLLABLE.test(plain) ? "in company" : "never";
}
