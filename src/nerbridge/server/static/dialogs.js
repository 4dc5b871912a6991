/* The model's card, the server's token, and the report. */

import { ROOT, fetchCard, fetchReport, hasToken, isToken, setToken } from "./api.js";
import { $, element, save } from "./dom.js";
import { language, number, t, typeName } from "./i18n.js";

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
}

/* Show what is known about a model; with several, each can be chosen. */
export async function showCard(models, chosen, onUse) {
  const model = models.find((one) => one.name === chosen) ?? models[0];
  $("card-title").textContent = t("cardTitle", { name: model.name });
  const picks = models.length < 2 ? [] : [modelPicker(models, model, onUse)];
  $("card-body").replaceChildren(...picks, facts(model), ...scores(model));
  if (!$("card").open) $("card").showModal();
  try {
    const nodes = model.has_card ? await fetchCard(model.name) : [element("p", {}, t("cardNone"))];
    $("card-body").append(element("div", { lang: model.has_card ? "en" : language() }, ...nodes));
  } catch (error) {
    $("card-body").append(element("p", { class: "wrong" }, troubleText(error)));
  }
}

function modelPicker(models, shown, onUse) {
  const buttons = models.map((model) =>
    element(
      "button",
      {
        type: "button",
        "aria-pressed": String(model.name === shown.name),
        onclick: () => {
          onUse(model.name);
          showCard(models, model.name, onUse);
        },
      },
      model.name,
    ),
  );
  return element("div", { class: "segments", role: "group", "aria-label": t("useModel") }, ...buttons);
}

function facts(model) {
  const rows = [
    ["factTypes", model.types?.map(typeName).join(", ")],
    ["factLanguages", model.languages?.map(languageName).join(", ")],
    ["factSize", model.n_bytes && `${number(model.n_bytes / 1e6, 1)} MB`],
    ["factLicense", model.license],
  ];
  const list = rows
    .filter(([, value]) => value)
    .flatMap(([key, value]) => [element("dt", {}, t(key)), element("dd", {}, value)]);
  return element("dl", { class: "facts" }, ...list);
}

/* The table of scores, one row a test set. */
function scores(model) {
  const columns = ["test set", "sentences", "F1 [95 % interval]", "precision", "recall", "F1 by type"];
  const three = (value) => value.toFixed(3);
  const rows = Object.entries(model.scores ?? {}).map(([name, found]) => [
    name,
    found.n_sentences,
    `${three(found.f1)} [${found.ci95.map(three).join(", ")}]`,
    three(found.precision),
    three(found.recall),
    Object.entries(found.per_type)
      .map(([type, f1]) => `${type} ${three(f1)}`)
      .join(", "),
  ]);
  if (!rows.length) return [];
  const row = (cells, name) => element("tr", {}, ...cells.map((cell) => element(name, {}, String(cell))));
  const table = element(
    "table",
    { lang: "en" },
    element("thead", {}, row(columns, "th")),
    element("tbody", {}, ...rows.map((cells) => row(cells, "td"))),
  );
  return [element("h3", {}, t("factScores")), element("div", { class: "table" }, table)];
}

function languageName(code) {
  try {
    return new Intl.DisplayNames([language(), "en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/* Ask for the server's token; resolves to whether there is one now. */
export function askToken(wasWrong) {
  const dialog = $("token");
  $("token-wrong").textContent = wasWrong ? t("tokenWrong") : "";
  $("token-value").value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    const submit = (event) => {
      event.preventDefault();
      const token = $("token-value").value.trim();
      if (!isToken(token)) {
        $("token-wrong").textContent = t("tokenUnfit");
        return;
      }
      setToken(token);
      dialog.close("given");
    };
    $("token-form").addEventListener("submit", submit);
    dialog.addEventListener(
      "close",
      () => {
        $("token-form").removeEventListener("submit", submit);
        resolve(dialog.returnValue === "given");
        dialog.returnValue = "";
      },
      { once: true },
    );
  });
}

/* Show the report, or how to get one. A frame sends no token: behind one, the report is saved. */
export async function showReport(panel) {
  if (panel.querySelector("iframe")) return;
  try {
    const report = await fetchReport();
    panel.replaceChildren(hasToken() ? savedReport(report) : framedReport());
  } catch (error) {
    panel.replaceChildren(error.kind === "gone" ? noReport() : troubled(error));
  }
}

function framedReport() {
  return element("iframe", { src: new URL("report", ROOT), sandbox: "", title: t("reportTitle") });
}

function savedReport(report) {
  const keep = () => save(report, "report.html", "text/html");
  return element(
    "div",
    { class: "empty" },
    element("h2", {}, t("reportTitle")),
    element("p", {}, t("reportSave")),
    element("button", { type: "button", class: "primary", onclick: keep }, t("saveReport")),
  );
}

function noReport() {
  return element(
    "div",
    { class: "empty" },
    element("h2", {}, t("reportNone")),
    element("p", {}, t("reportHow")),
    element("pre", { lang: "en" }, "nerbridge run RECIPE\nnerbridge serve --report runs/NAME"),
  );
}

function troubled(error) {
  return element("div", { class: "empty" }, element("p", {}, troubleText(error)));
}

function troubleText(error) {
  if (error.kind === "token") return t("tokenNeeded");
  if (error.kind === "busy") return t("busyNow");
  return error.kind ? t(error.kind) : t("failed");
}
