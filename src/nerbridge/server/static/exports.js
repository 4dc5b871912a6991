/* Entities in the formats of the download. Offsets count code points, as everywhere in nerbridge. */

import { overlap, splitLines } from "./entities.js";
import { splitSentences, splitWords, unitsToCodePoints } from "./text.js";

/* Every form: its file ending, its media type, and how it is written. */
export const FORMATS = {
  json: { ending: "json", media: "application/json", write: toJson },
  csv: { ending: "csv", media: "text/csv", write: toCsv },
  conll: { ending: "conll", media: "text/plain", write: toConll },
  html: { ending: "html", media: "text/html", write: toHtml },
};

const FIELDS = ["type", "text", "start_char", "end_char", "start_word", "end_word", "score"];

function records({ text, entities, placeOf }) {
  const toPoint = unitsToCodePoints(text);
  const words = splitWords(text);
  let first = 0;
  return entities.map((entity) => {
    while (first < words.length && words[first][1] <= entity.start) first += 1;
    let last = first;
    while (last < words.length && words[last][0] < entity.end) last += 1;
    const place = placeOf(entity.start);
    return {
      type: entity.type,
      text: entity.text,
      start_char: toPoint(entity.start),
      end_char: toPoint(entity.end),
      start_word: first,
      end_word: last,
      score: entity.score,
      is_corrected: Boolean(entity.isCorrected),
      ...(place ? { place } : {}),
    };
  });
}

function toJson(content) {
  const { model, text } = content;
  return `${JSON.stringify({ model, text, entities: records(content) }, null, 2)}\n`;
}

function toCsv(content) {
  const fields = [...FIELDS, "is_corrected", "place", "sentence", "sentence_start_char"];
  const cell = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
  const sentences = sentencesIn(content);
  const rows = records(content).map((record, index) =>
    fields.map((field) => cell({ ...record, ...sentences[index] }[field])),
  );
  return [fields, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

/* The sentence of every entity, and where it begins: what a spreadsheet shows, and what
   `nerbridge data` reads the words from. */
function sentencesIn({ text, entities }) {
  const toPoint = unitsToCodePoints(text);
  const sentences = sentencesOf(text, entities);
  return entities.map((entity) => {
    const { start, end } = sentences.find((sentence) => overlap(sentence, entity));
    return { sentence: text.slice(start, end), sentence_start_char: toPoint(start) };
  });
}

function toConll({ text, entities }) {
  return sentencesOf(text, entities).map(conllBlock(text)).join("");
}

function conllBlock(text) {
  return ({ words, entities }) => {
    const rows = words.map(([start, end]) => {
      const entity = entities.find((one) => overlap(one, { start, end }));
      const prefix = entity && words.find((word) => word[1] > entity.start)[0] === start ? "B" : "I";
      return `${text.slice(start, end)}\t${entity ? `${prefix}-${entity.type}` : "O"}\n`;
    });
    return `${rows.join("")}\n`;
  };
}

/* Sentences as training data, one JSON record a line: `nerbridge run` and `nerbridge data` read
   it. With `corrections`, only the sentences that one of them touches. */
export function toTrainingData({ text, entities, corrections = null }) {
  const touched = sentencesOf(text, entities).filter(
    ({ start, end }) => !corrections || corrections.some((one) => overlap(one, { start, end })),
  );
  return touched.map((sentence) => trainingLine(text, sentence)).join("");
}

/* How many sentences the corrections touch. */
export function countSentences(text, corrections) {
  let n = 0;
  for (const { line, start } of corrections.length ? splitLines(text) : []) {
    const here = shift(corrections, -start).filter((one) => overlap(one, { start: 0, end: line.length }));
    if (!here.length) continue;
    n += sentencesOf(line, []).filter((sentence) => here.some((one) => overlap(one, sentence))).length;
  }
  return n;
}

const shift = (ranges, by) => ranges.map(({ start, end }) => ({ start: start + by, end: end + by }));

function trainingLine(text, { start, end, entities }) {
  const sentence = text.slice(start, end);
  const toPoint = unitsToCodePoints(sentence);
  const spans = entities.map((entity) => ({
    start: toPoint(entity.start - start),
    end: toPoint(entity.end - start),
    label: entity.type,
    text: entity.text,
  }));
  return `${JSON.stringify({ text: sentence, spans })}\n`;
}

/* Sentences with their entities; two sentences that one entity spans are joined. */
function sentencesOf(text, entities) {
  const sentences = [];
  for (const words of splitSentences(text)) {
    const start = words[0][0];
    const before = sentences.at(-1);
    if (before && entities.some((one) => one.start < before.end && one.end > start)) {
      before.words.push(...words);
      before.end = words.at(-1)[1];
    } else {
      sentences.push({ words, start, end: words.at(-1)[1] });
    }
  }
  return sentences.map((sentence) => ({
    ...sentence,
    entities: entities.filter((entity) => overlap(entity, sentence)),
  }));
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign]);

/* A page that stands alone: the text with its entities marked, no script, nothing loaded. */
function toHtml({ text, entities, name, typeName, lang, textLang, colourOf, colours }) {
  let body = "";
  let done = 0;
  for (const entity of entities) {
    if (entity.start < done) continue;
    body += escapeHtml(text.slice(done, entity.start));
    body += `<mark class="${colourOf(entity.type)}" data-type="${escapeHtml(entity.type)}" title="${entity.score.toFixed(2)}">${escapeHtml(entity.text)}<small>${escapeHtml(typeName(entity.type))}</small></mark>`;
    done = entity.end;
  }
  body += escapeHtml(text.slice(done));
  return `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(name)}</title>
<style>
body { font: 18px/2 "Noto Sans Bengali", "Nirmala UI", "Kohinoor Bangla", sans-serif; margin: 3rem auto; max-width: 42rem; padding: 0 1.2rem; }
p { overflow-wrap: break-word; white-space: pre-wrap; }
${colours}
mark { background: color-mix(in srgb, var(--c) 15%, transparent); border-bottom: 2px solid var(--c); border-radius: 3px; color: inherit; padding: 0.1em 0.15em; }
small { font-size: 0.65em; margin-left: 0.4em; opacity: 0.8; }
</style></head>
<body><p lang="${escapeHtml(textLang)}" dir="auto">${body}</p></body></html>
`;
}
