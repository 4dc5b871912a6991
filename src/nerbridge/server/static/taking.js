/* Taking away what was found: files and the clipboard. */

import { $, announce, save } from "./dom.js";
import { FORMATS, toTrainingData } from "./exports.js";
import { language, t, typeName } from "./i18n.js";
import { showMessage } from "./messages.js";
import { settings } from "./settings.js";
import { N_COLOURS, colourOf, placeOf, state, view } from "./state.js";

function content() {
  const { shown } = view();
  const name = fileStem();
  const looks = { lang: language(), textLang: $("text").lang, colourOf, colours: typeColours() };
  return { text: state.text, entities: shown, model: state.model, name, placeOf, typeName, ...looks };
}

/* The colours of the types, as the style sheet of this page has them. */
function typeColours() {
  const style = getComputedStyle(document.documentElement);
  const rules = Array.from({ length: N_COLOURS }, (_, n) => `.c${n} { --c: ${style.getPropertyValue(`--c${n}`)}; }`);
  return [":root { color-scheme: light dark; }", ...rules].join("\n");
}

function fileStem() {
  const stem = (state.document?.name ?? "").replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{M}\p{N} _-]/gu, "");
  return stem.trim().slice(0, 80) || "nerbridge";
}

export function downloadFormat() {
  const { ending, media, write } = FORMATS[settings.format];
  const mark = ending === "csv" ? "\ufeff" : ""; // spreadsheets take UTF-8 for Latin-1 without it
  save(mark + write(content()), `${fileStem()}.${ending}`, media);
}

export async function copyFormat() {
  const text = FORMATS[settings.format].write(content());
  try {
    await navigator.clipboard.writeText(text);
    $("copy").textContent = t("copied");
    announce(t("copied"));
    setTimeout(() => ($("copy").textContent = t("copy")), 1500);
  } catch {
    showMessage(t("copyFailed"));
  }
}

export function downloadTraining(corrections) {
  const { found } = view();
  const lines = toTrainingData({ text: state.text, entities: found, corrections });
  save(lines, "train.jsonl", "application/x-ndjson");
}
