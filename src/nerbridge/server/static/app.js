/* The page: draws the state, and ties everything to what a person does. */

import { closeChooser, startCorrecting } from "./correcting.js";
import { showCard, showReport } from "./dialogs.js";
import { $, announce, element } from "./dom.js";
import { findEdit, shiftRanges, stretchRanges } from "./entities.js";
import { setLanguage, t, tCount } from "./i18n.js";
import { drawMarks, redrawAll } from "./layer.js";
import { drawMessages } from "./messages.js";
import { hooks, isReading, loadModels, openFile, schedule, setBusy, setText, useModel } from "./reading.js";
import { SAMPLES } from "./samples.js";
import { remember, settings } from "./settings.js";
import { drawSide, drawTraining } from "./side.js";
import { colourOf, state, view } from "./state.js";
import { copyFormat, downloadFormat, downloadTraining } from "./taking.js";

const input = $("text");
const layer = $("layer");

function onInput() {
  const after = input.value.toWellFormed(); // of the same length
  const edit = findEdit(state.text, after);
  state.entities = shiftRanges(state.entities, edit);
  state.corrections = shiftRanges(state.corrections, edit);
  if (state.document) state.document.segments = stretchRanges(state.document.segments, edit);
  state.text = after;
  closeChooser();
  draw();
  schedule();
}

function draw() {
  const { found, shown } = view();
  const removed = state.corrections
    .filter((one) => one.type === null)
    .map((one) => ({ ...one, text: state.text.slice(one.start, one.end) }));
  drawMarks(layer, state.text, { entities: shown, removed, colourOf });
  const isEmpty = !state.text.trim();
  document.body.classList.toggle("is-empty", isEmpty);
  $("samples").hidden = Boolean(state.text);
  $("clear").hidden = !state.text;
  $("side").hidden = isEmpty;
  $("document").textContent = state.document?.name ?? "";
  drawSide({
    found,
    shown,
    types: knownTypes(found),
    hidden: state.hidden,
    colourOf,
    minScore: settings.minScore,
    onType: toggleType,
    onJump: jump,
  });
  drawTraining(state.text, state.corrections, found.length > 0);
  if (!isReading()) setBusy(false);
}

const knownTypes = (found) => [...new Set([...state.types, ...found.map((one) => one.type)])];

function announceCount() {
  const n = view().shown.length;
  if (state.text.trim()) announce(n ? tCount("countLive", n) : t("countLiveNone"));
}

function toggleType(type) {
  if (!state.hidden.delete(type)) state.hidden.add(type);
  draw();
  announceCount();
}

/* Go to the next place of an entry of the list, from the one that was shown last. */
function jump(entry) {
  const places = view()
    .shown.filter((one) => one.type === entry.type && one.text === entry.text)
    .map((one) => one.start);
  const start = places[(places.indexOf(state.jumpedTo) + 1) % places.length];
  state.jumpedTo = start;
  const chip = layer.chips.find((one) => one.entity.start === start);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  chip.parentElement.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  chip.focus({ preventScroll: true });
}

/* ---- settings ---- */

const THEMES = ["auto", "light", "dark"];

function applyTheme() {
  const { theme } = settings;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const label = t(`theme${theme[0].toUpperCase()}${theme.slice(1)}`);
  $("theme").setAttribute("aria-label", label);
  $("theme").title = label;
}

function applyLanguage(lang) {
  remember({ lang });
  setLanguage(lang);
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
  }
  applyTheme();
  drawSamples();
  redrawAll(layer);
  drawMessages();
  closeChooser();
  draw();
  if (!$("panel-report").hidden) openReport();
}

function applyFormat(format) {
  remember({ format });
  for (const button of $("formats").children) {
    button.setAttribute("aria-pressed", String(button.dataset.format === format));
  }
}

function drawSamples() {
  const samples = SAMPLES.map(({ name, text }) => {
    const preview = element("span", { class: "preview", lang: "as" }, text);
    const use = () => {
      setText(text);
      schedule(0);
      input.focus({ preventScroll: true });
      scrollTo(0, 0);
    };
    return element("li", {}, element("button", { type: "button", onclick: use }, element("b", {}, t(name)), preview));
  });
  $("sample-list").replaceChildren(...samples);
}

/* ---- pages ---- */

const tabs = [$("tab-text"), $("tab-report")];

function showTab(tab) {
  for (const one of tabs) {
    const isChosen = one === tab;
    one.setAttribute("aria-selected", String(isChosen));
    one.tabIndex = isChosen ? 0 : -1;
    $(one.getAttribute("aria-controls")).hidden = !isChosen;
  }
  if (tab === $("tab-report")) openReport();
}

function openReport() {
  showReport($("panel-report"));
}

/* ---- what a person does ---- */

function listen() {
  input.addEventListener("input", onInput);
  startCorrecting(draw);
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    const [file] = $("file").files;
    if (file) openFile(file);
    $("file").value = "";
  });
  $("clear").addEventListener("click", () => {
    setText("");
    input.focus();
  });
  $("score").addEventListener("input", () => {
    remember({ minScore: $("score").valueAsNumber });
    draw();
    announceCount();
  });
  $("formats").addEventListener("click", (event) => {
    if (event.target.dataset.format) applyFormat(event.target.dataset.format);
  });
  $("copy").addEventListener("click", copyFormat);
  $("download").addEventListener("click", downloadFormat);
  $("training-corrected").addEventListener("click", () => downloadTraining(state.corrections));
  $("training-all").addEventListener("click", () => downloadTraining(null));
  $("discard").addEventListener("click", () => {
    state.corrections = [];
    draw();
    input.focus();
  });
  $("theme").addEventListener("click", () => {
    remember({ theme: THEMES[(THEMES.indexOf(settings.theme) + 1) % THEMES.length] });
    applyTheme();
  });
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => applyLanguage(button.dataset.lang));
  }
  $("model").addEventListener("click", () => showCard(state.models, state.model, useModel));
  listenToTabs();
  listenToDrops();
}

function listenToTabs() {
  for (const tab of tabs) {
    tab.addEventListener("click", () => showTab(tab));
    tab.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
      event.preventDefault();
      const other = tabs.find((one) => one !== tab);
      showTab(other);
      other.focus();
    });
  }
}

function listenToDrops() {
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    $("sheet").classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) $("sheet").classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    $("sheet").classList.remove("is-over");
    if (!hasFile(event)) return;
    event.preventDefault();
    showTab($("tab-text"));
    const [file] = event.dataTransfer.files;
    if (file) openFile(file);
  });
  input.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (!file || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    openFile(file);
  });
}

hooks.onText = () => {
  input.value = state.text;
  closeChooser();
  draw();
};
hooks.onChange = draw;
hooks.onDone = announceCount;
applyFormat(settings.format);
applyLanguage(settings.lang);
listen();
loadModels();
// The browser may have kept the text of a page that was left.
if (input.value) onInput();
