/* Words, sentences and offsets, as nerbridge.text and the API count them.

   A range is [start, end), half-open, in UTF-16 units of a JavaScript string; the API counts code
   points. The rules are those of nerbridge/text/words.py and sentences.py, which say why;
   tests/server/test_static.py holds the two against each other. */

import { ownsColon, ownsStop } from "./abbreviations.js";

// As Python has it; to JavaScript, U+FEFF is a space and the separators U+001C to U+001F are not.
const SPACE = "\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
const INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff";
const DANDAS = "\u09f7\u01c0\u2223\u2502\u2758\uffe8";
const ONLY_INVISIBLE = new RegExp(`^[${SPACE}${INVISIBLE}]*$`, "u");
const HAS_SPACE = new RegExp(`[${SPACE}]`, "u");
const FIRST_CHARACTER = /\P{Cf}/u;
const REST_OF_URL = String.raw`[^${SPACE}<>"।॥৷\p{Extended_Pictographic}]+(?<![.,;:!?'’”)\]}])`;
const TAG_CHARACTERS = String.raw`\p{L}\p{M}\p{N}_\u200c\u200d`;
const HASH_MARKS = "#＃";
const ADDRESS_OR_HASHTAG = new RegExp(
  [
    String.raw`(?:https?:\/\/|www\.)${REST_OF_URL}`,
    String.raw`(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+`,
    String.raw`(?<![\p{L}\p{M}\p{N}._@\-])@[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*`,
    String.raw`(?<![A-Za-z0-9._@\/\-])[a-z0-9\-]+(?:\.[a-z0-9\-]+)*(?<=\.[a-z]{2,6})\/${REST_OF_URL}`,
    String.raw`[${HASH_MARKS}][${TAG_CHARACTERS}]+(?![${TAG_CHARACTERS}@])`,
  ].join("|"),
  "gu",
);
const KEYCAP = "\u20e3";
const WORD = /[LN](?:[LND]+|i+[LND]|(?<=[LND])[HA](?=[LN])|(?<=N)[FCOS](?=N)|(?<=L)F(?=L))*|F+|u+|[^ i]/g;

const CLASS_OF_CHARACTER = new Map([
  ...[...DANDAS].map((sign) => [sign, "x"]),
  ...[..."°˚॰૰੶৽"].map((sign) => [sign, "D"]),
  ...[..."-\u2010\u2011"].map((sign) => [sign, "H"]),
  ...[..."'’‘"].map((sign) => [sign, "A"]),
  ["_", "L"],
  [".", "F"],
  [",", "C"],
  [":", "O"],
  ["/", "S"],
]);

const segmenter = new Intl.Segmenter("as", { granularity: "grapheme" });

/* The words of a text, in order. */
export function splitWords(text) {
  const { starts, classes } = scan(text);
  const words = [];
  const lastClass = classes.replace(/[ i]+$/, "").length - 1;
  let ownedEnd = -1;
  WORD.lastIndex = 0;
  for (let match = WORD.exec(classes); match; match = WORD.exec(classes)) {
    const first = match.index;
    let end = first + match[0].length;
    const next = classes[end];
    if ((next === "F" || next === "O") && (classes[first] === "L" || classes[first] === "N")) {
      const word = text.slice(starts[first], starts[end]);
      const follows = ownedEnd >= 0 && ["", " ", "\u00a0"].includes(text.slice(ownedEnd, starts[first]));
      const isOwned =
        next === "O"
          ? ownsColon(word)
          : classes[end + 1] !== "F" && ownsStop(word, text, starts[end], end === lastClass, follows);
      if (isOwned) {
        WORD.exec(classes);
        end += 1;
        ownedEnd = starts[end];
      }
    }
    words.push([starts[first], starts[end]]);
  }
  return words;
}

function scan(text) {
  const starts = [];
  let classes = "";
  const indexOf = new Map();
  for (const { segment, index } of segmenter.segment(text)) {
    indexOf.set(index, starts.length);
    starts.push(index);
    classes += classOf(segment);
  }
  indexOf.set(text.length, starts.length);
  starts.push(text.length);
  for (const [start, end, mark] of markedRanges(text)) {
    const first = indexOf.get(start);
    const last = indexOf.get(end);
    if (first !== undefined && last !== undefined) {
      classes = classes.slice(0, first) + mark.repeat(last - first) + classes.slice(last);
    }
  }
  return { starts, classes };
}

/* Addresses are one word; the underscores of a hashtag are words of their own. */
function* markedRanges(text) {
  for (const { 0: found, index } of text.matchAll(ADDRESS_OR_HASHTAG)) {
    if (!HASH_MARKS.includes(found[0])) {
      yield [index, index + found.length, "u"];
      continue;
    }
    for (const { index: at } of found.matchAll(/_/g)) yield [index + at, index + at + 1, "x"];
  }
}

function classOf(grapheme) {
  if (ONLY_INVISIBLE.test(grapheme)) return HAS_SPACE.test(grapheme[0]) ? " " : "i";
  if (grapheme.includes(KEYCAP)) return "x";
  const base = grapheme.match(FIRST_CHARACTER)?.[0] ?? grapheme[0];
  const known = CLASS_OF_CHARACTER.get(base);
  if (known) return known;
  if (/\p{N}/u.test(base)) return "N";
  return /[\p{L}\p{M}]/u.test(base) ? "L" : "x";
}

const END = new RegExp(
  `^\\p{Cf}*(?:(?![.\u2024\ufe52\uff0e])[\\p{Sentence_Terminal}…${DANDAS}]|\\.+$)`,
  "u",
);
const CLOSING = /^\p{Cf}*[\p{Pe}\p{Pf}'"]/u;
const LINE_BREAK = /[\n\r\v\f\x85\u2028\u2029]/u;

/* The sentences of a text, each a list of its words; they end at line breaks too. */
export function splitSentences(text, words = splitWords(text)) {
  const sentences = [];
  let sentence = [];
  let hasEnded = false;
  for (const [start, end] of words) {
    if (sentence.length) {
      const gap = text.slice(sentence.at(-1)[1], start);
      if (LINE_BREAK.test(gap) || (hasEnded && !belongs(text.slice(start, end), gap))) {
        sentences.push(sentence);
        sentence = [];
        hasEnded = false;
      }
    }
    sentence.push([start, end]);
    hasEnded ||= isEnd(text.slice(start, end));
  }
  if (sentence.length) sentences.push(sentence);
  return sentences;
}

function isEnd(word) {
  return (!/^\p{L}/u.test(word) || DANDAS.includes(word[0])) && END.test(word);
}

function belongs(word, gap) {
  return isEnd(word) || (!HAS_SPACE.test(gap) && CLOSING.test(word));
}

const nWords = new Map();

/* How many words a text has. Lines are counted once, as this is asked at every key. */
export function countWords(text) {
  let n = 0;
  if (nWords.size > 20_000) nWords.clear();
  for (const line of text.split("\n")) {
    if (!nWords.has(line)) nWords.set(line, splitWords(line).length);
    n += nWords.get(line);
  }
  return n;
}

/* The range of whole words that a selection touches, without punctuation at its ends; null if it
   touches none. */
export function snapToWords(text, start, end, words) {
  const touched = words.filter((word) => word[0] < end && word[1] > start);
  const solid = touched.filter(([from, to]) => /[\p{L}\p{N}\p{S}]/u.test(text.slice(from, to)));
  const kept = solid.length ? solid : touched;
  return kept.length ? [kept[0][0], kept.at(-1)[1]] : null;
}

/* Where each code point of a text starts in UTF-16 units, with the text's end; null if the two
   counts are the same. */
export function codePointStarts(text) {
  if (!/[\ud800-\udfff]/.test(text)) return null;
  const starts = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  starts.push(unit);
  return starts;
}

/* A function from UTF-16 offsets to code points. */
export function unitsToCodePoints(text) {
  const starts = codePointStarts(text);
  if (!starts) return (unit) => unit;
  const points = new Map(starts.map((unit, point) => [unit, point]));
  return (unit) => points.get(unit) ?? points.get(unit - 1);
}

/* An entity of the API with its offsets in UTF-16 units. */
export function fromApi(entity, starts, shift = 0) {
  const unit = (point) => (starts ? starts[point] : point) + shift;
  return { ...entity, start: unit(entity.start_char), end: unit(entity.end_char) };
}
