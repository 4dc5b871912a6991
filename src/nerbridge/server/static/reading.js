/* Reading the text: the server is asked for the lines that changed, once the typing rests. */

import { ApiError, fetchModels, hasToken, tagDocument, tagTexts } from "./api.js";
import { askToken } from "./dialogs.js";
import { toPage } from "./documents.js";
import { $ } from "./dom.js";
import { collect, splitLines } from "./entities.js";
import { number, t, tCount } from "./i18n.js";
import { clearMessage, showMessage, showNotices } from "./messages.js";
import { state } from "./state.js";
import { codePointStarts, countWords, fromApi } from "./text.js";

const PAUSE_MS = 250;
const AWAY_MS = 4000;
const BUSY_S = 3;
const MOST_REMEMBERED = 4000;

/* `onText` after another text came, `onChange` after entities did, `onDone` when all is read. */
export const hooks = { onText() {}, onChange() {}, onDone() {} };

let running = null;
let timer = null;

/* Another text altogether: nothing of the one before is kept, nor what was to be tried again. */
export function setText(text, { entities = [], document = null } = {}) {
  running?.abort();
  clearTimeout(timer);
  Object.assign(state, { text, entities, corrections: [], document });
  clearMessage();
  showNotices([]);
  hooks.onText();
}

export function schedule(wait = PAUSE_MS) {
  clearTimeout(timer);
  timer = setTimeout(tag, wait);
}

export async function tag() {
  running?.abort();
  const lines = [...new Set(splitLines(state.text).map(({ line }) => line))];
  const wanted = lines.filter((line) => line.trim() && !state.found.has(line));
  const run = new AbortController();
  running = run;
  setBusy(wanted.length > 0);
  try {
    await tagTexts(wanted, {
      model: state.model,
      signal: run.signal,
      onPart: (texts, results) => {
        texts.forEach((text, index) => keep(text, results[index]));
        if (running === run) refresh();
      },
    });
    clearMessage();
    if (!state.models.length) loadModels();
  } catch (error) {
    if (error.name !== "AbortError") onTrouble(error, tag);
    return;
  } finally {
    if (running === run) setBusy(false);
  }
  refresh();
  prune(lines);
  hooks.onDone();
}

function keep(line, { entities, notices }) {
  const starts = codePointStarts(line);
  state.found.set(line, { entities: entities.map((one) => fromApi(one, starts)), notices });
}

function prune(lines) {
  if (state.found.size <= MOST_REMEMBERED + lines.length) return;
  const used = new Set(lines);
  for (const line of state.found.keys()) if (!used.has(line)) state.found.delete(line);
}

function refresh() {
  state.entities = collect(state.text, state.found, state.entities);
  showNotices(notices());
  hooks.onChange();
}

/* What the server noticed about at least half of the text, and all it says of a document. */
function notices() {
  const lengths = new Map();
  for (const { line } of splitLines(state.text)) {
    for (const notice of state.found.get(line)?.notices ?? []) {
      lengths.set(notice, (lengths.get(notice) ?? 0) + line.length);
    }
  }
  const often = [...lengths].filter(([, length]) => 2 * length >= state.text.trim().length);
  return [...new Set([...(state.document?.notices ?? []), ...often.map(([notice]) => notice)])];
}

export async function openFile(file) {
  running?.abort();
  clearTimeout(timer); // what was to be tried again would end the reading of the file
  const run = new AbortController();
  running = run;
  clearMessage();
  setBusy(true, t("readingFile", { name: file.name }));
  try {
    const read = await tagDocument(file, { model: state.model, signal: run.signal });
    const { text, found, ...of } = toPage(read);
    found.forEach((entities, line) => state.found.set(line, { entities, notices: [] }));
    setText(text, of);
    showNotices(notices());
    hooks.onDone();
    if (!state.models.length) loadModels();
  } catch (error) {
    if (error.name !== "AbortError") onTrouble(error, () => openFile(file), { isFile: true });
  } finally {
    if (running === run) setBusy(false);
  }
}

/* Say what went wrong. A busy server is asked again, and one that is away, but not with a file: a
   server that refuses a large one early looks as if it were away. */
function onTrouble(error, again, { isFile = false } = {}) {
  const kind = error instanceof ApiError ? error.kind : "failed";
  if (kind === "token") {
    needToken(again);
    return;
  }
  const wait = kind === "busy" ? (error.retryAfter ?? BUSY_S) : null;
  if (wait || (kind === "away" && !isFile)) {
    clearTimeout(timer);
    timer = setTimeout(again, wait ? wait * 1000 : AWAY_MS);
  }
  const said = error.detail ? { detail: error.detail } : {};
  const key = kind === "away" && isFile ? "awayFile" : kind;
  showMessage(t(key, { n: number(wait ?? 0) }), { again, ...said });
}

let asking = false;
async function needToken(again) {
  if (asking) return;
  asking = true;
  const given = await askToken(hasToken());
  asking = false;
  if (given) {
    loadModels();
    again();
  } else {
    showMessage(t("tokenNeeded"), { again, label: t("tokenEnter") });
  }
}

export async function loadModels() {
  try {
    state.models = await fetchModels();
  } catch (error) {
    onTrouble(error, loadModels);
    return;
  }
  clearMessage();
  useModel(state.model ?? (state.models.find((one) => one.is_default) ?? state.models[0])?.name);
}

export function useModel(name) {
  const isOther = state.model !== null && state.model !== name;
  state.model = name ?? null;
  const model = state.models.find((one) => one.name === name);
  state.types = model?.types ?? state.types;
  // The text is in the model's language: fonts and readers aloud go by it.
  for (const id of ["text", "layer"]) $(id).lang = model?.languages?.[0] ?? "";
  $("model-name").textContent = name ?? "";
  $("model").hidden = !name;
  if (isOther) {
    state.found.clear();
    schedule(0);
  }
  hooks.onChange();
}

/* The line below the text: what goes on, or how long the text is. */
export function setBusy(isBusy, text = t("reading")) {
  if (!isBusy) running = null;
  $("sheet").classList.toggle("is-busy", isBusy);
  const n = isBusy ? 0 : countWords(state.text);
  $("state").textContent = isBusy ? text : state.text.trim() ? tCount("words", n) : "";
}

export const isReading = () => running !== null;
