/* Words, sentences and offsets, as nerbridge.text and the API count them.

   A range is [start, end), half-open, in UTF-16 units of a JavaScript string; the API counts code
   points. The rules are those of nerbridge/text/words.py and sentences.py, which say why;
   tests/server/test_page.py holds the two against each other. */

const INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff";
const DANDAS = "\u09f7\u01c0\u2223\u2502\u2758\uffe8";
const ONLY_INVISIBLE = new RegExp(`^[\\s\\x1c-\\x1f\\x85${INVISIBLE}]*$`, "u");
const STARTS_WITH_SPACE = /^(?:(?!\ufeff)[\s\x1c-\x1f\x85])/u;
const FIRST_CHARACTER = /\P{Cf}/u;
const ADDRESS =
  /(?:https?:\/\/|www\.)[^\s<>"।॥৷]+(?<![.,;:!?'’”)\]}])|(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/gu;
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

const ABBREVIATIONS = new Set(
  `এ বি সি ডি ই এফ জি এইচ এইছ আই জে কে এল এম এন ও পি কিউ আৰ আর এস এছ টি ইউ ভি এক্স ওয়াই জেড
   ড ডঃ ডা ডাঃ মো মোঃ মি মিঃ প্রো প্ৰো শ্রী শ্ৰী সাঃ লিঃ লি নং
   ए बी सी डी ई एफ जी एच आई जे के एल एम एन ओ पी क्यू आर एस टी यू वी एक्स वाई
   डॉ डा श्री पं प्रो कु मो सं
   Dr Mr Mrs Ms Prof St Jr Sr No Inc Ltd Co`
    .normalize("NFC")
    .split(/\s+/u),
);

const segmenter = new Intl.Segmenter("as", { granularity: "grapheme" });

/* The words of a text, in order. */
export function splitWords(text) {
  const { starts, classes } = scan(text);
  const words = [];
  const lastClass = classes.replace(/[ i]+$/, "").length - 1;
  WORD.lastIndex = 0;
  for (let match = WORD.exec(classes); match; match = WORD.exec(classes)) {
    const first = match.index;
    let end = first + match[0].length;
    const next = classes[end];
    if ((next === "F" || next === "O") && (classes[first] === "L" || classes[first] === "N")) {
      const word = text.slice(starts[first], starts[end]);
      if (ownsNext(word, classes.slice(end, end + 2), end === lastClass)) {
        WORD.exec(classes);
        end += 1;
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
  for (const match of text.matchAll(ADDRESS)) {
    const first = indexOf.get(match.index);
    const last = indexOf.get(match.index + match[0].length);
    if (first !== undefined && last !== undefined) {
      classes = classes.slice(0, first) + "u".repeat(last - first) + classes.slice(last);
    }
  }
  return { starts, classes };
}

function classOf(grapheme) {
  if (ONLY_INVISIBLE.test(grapheme)) return STARTS_WITH_SPACE.test(grapheme) ? " " : "i";
  const base = grapheme.match(FIRST_CHARACTER)?.[0] ?? grapheme[0];
  const known = CLASS_OF_CHARACTER.get(base);
  if (known) return known;
  if (/\p{N}/u.test(base)) return "N";
  return /[\p{L}\p{M}]/u.test(base) ? "L" : "x";
}

function ownsNext(word, nextClasses, isLast) {
  const plain = word.replace(new RegExp(`[${INVISIBLE}]`, "gu"), "").normalize("NFC");
  if (nextClasses[0] === "O") return ABBREVIATIONS.has(plain);
  if (nextClasses === "FF") return false;
  const parts = plain.split(".");
  if (isLast && parts.length === 1) return false;
  return parts.every((part) => ABBREVIATIONS.has(part) || /^[A-Z]$/.test(part));
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
  return isEnd(word) || (!/\s/u.test(gap) && CLOSING.test(word));
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
