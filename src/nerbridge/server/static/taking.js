/* Taking away what was found: files and the clipboard. */

import { $, announce, save } from "./dom.js";
import { FORMATS, toTrainingData } from "./exports.js";
import { language, t, typeName } from "./i18n.js";
import { showMessage } from "./messages.js";
import { settings } from "./settings.js";
import { placeOf, state, view } from "./state.js";

function content() {
  const { shown } = view();
  const name = fileStem();
  return { text: state.text, entities: shown, model: state.model, name, placeOf, typeName, lang: language() };
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
