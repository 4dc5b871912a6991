/* What was found: counts, filters, the list, and the download. */

import { $, element } from "./dom.js";
import { countSentences } from "./exports.js";
import { group } from "./entities.js";
import { language, number, t, tCount, typeName } from "./i18n.js";

const MOST_ENTRIES = 500;

/* Draw it all. `found` are the entities of all types over the minimum score, `shown` those of the
   types that are on. */
export function drawSide({ found, shown, types, hidden, colourOf, minScore, onType, onJump }) {
  $("count").textContent = shown.length ? tCount("count", shown.length) : t("countNone");
  $("score").value = minScore;
  $("score").setAttribute("aria-valuetext", number(minScore, 2));
  $("score-value").textContent = number(minScore, 2);
  const groups = group(shown);
  const isFiltered = minScore > 0 || found.length > shown.length;
  onChange("types", [types.map((type) => countOf(found, type)), types, [...hidden]], () =>
    drawTypes(found, types, hidden, colourOf, onType),
  );
  onChange("list", [groups, isFiltered], () => drawList(groups, colourOf, onJump, isFiltered));
}

const drawn = new Map();

/* Draw a part only if what it shows has changed: typing in a long text stays light. */
function onChange(part, facts, draw) {
  const key = JSON.stringify([language(), facts]);
  if (drawn.get(part) === key) return;
  drawn.set(part, key);
  draw();
}

const countOf = (found, type) => found.filter((entity) => entity.type === type).length;

function drawTypes(found, types, hidden, colourOf, onType) {
  const focused = document.activeElement?.dataset.type;
  const buttons = types.map((type) =>
    element(
      "button",
      {
        type: "button",
        class: `type ${colourOf(type)}`,
        "data-type": type,
        "aria-pressed": String(!hidden.has(type)),
        onclick: () => onType(type),
      },
      element("span", { class: "name" }, typeName(type)),
      " ",
      element("span", { class: "n" }, number(countOf(found, type))),
    ),
  );
  $("types").replaceChildren(...buttons);
  buttons.find((button) => button.dataset.type === focused)?.focus();
}

function drawList(groups, colourOf, onJump, isFiltered) {
  const focused = document.activeElement?.dataset.entry;
  const entries = groups.slice(0, MOST_ENTRIES).map((entry) => drawEntry(entry, colourOf, onJump));
  if (!entries.length) {
    entries.push(element("li", { class: "small" }, t(isFiltered ? "nothingShown" : "nothing")));
  }
  if (groups.length > MOST_ENTRIES) {
    entries.push(element("li", { class: "small" }, `+ ${number(groups.length - MOST_ENTRIES)}`));
  }
  $("list").replaceChildren(...entries);
  const again = [...$("list").querySelectorAll("button")];
  again.find((button) => button.dataset.entry === focused)?.focus();
}

function drawEntry(entry, colourOf, onJump) {
  const { n } = entry;
  const label = tCount("listEntry", n, { text: entry.text, type: typeName(entry.type) });
  const button = element(
    "button",
    {
      type: "button",
      class: `entry ${colourOf(entry.type)}`,
      "aria-label": label,
      "data-entry": `${entry.type} ${entry.text}`,
      onclick: () => onJump(entry),
    },
    element("span", { class: "name", lang: "as" }, entry.text),
    element("span", { class: "n" }, n > 1 ? `× ${number(n)}` : ""),
  );
  return element("li", {}, button);
}

/* Say how much was corrected, and what can be taken. */
export function drawTraining(text, corrections, hasEntities) {
  const n = countSentences(text, corrections);
  $("training-state").textContent = corrections.length
    ? tCount("trainingSome", n, { n: number(corrections.length), m: number(n) })
    : t("trainingNone");
  $("training-corrected").disabled = !corrections.length;
  $("training-all").disabled = !hasEntities && !corrections.length;
  $("discard").hidden = !corrections.length;
}
