/* The small menu by a mark or a selection: what is it? */

import { $, element } from "./dom.js";
import { number, shortTypeName, t, typeName } from "./i18n.js";

const MARGIN = 8;
const SHOWN_CHARACTERS = 60;

/* `onChoose(range, type)` is called with a type, null for no name, undefined for undo. */
export function createChooser(menu, { paper, onChoose, onClose }) {
  let range = null;

  function open(target, { types, colourOf, box, focus = false }) {
    range = target;
    menu.replaceChildren(...content(target, types, colourOf));
    menu.setAttribute("aria-label", t("choose", { text: target.text }));
    menu.hidden = false;
    place(box);
    if (focus) menu.querySelector("button").focus();
  }

  function content(target, types, colourOf) {
    const short = [...target.text];
    const name = short.length > SHOWN_CHARACTERS ? `${short.slice(0, SHOWN_CHARACTERS).join("")}…` : target.text;
    const head = element("p", { class: "what" }, element("b", { lang: $("text").lang }, name));
    if (target.score !== undefined && !target.isCorrected && !target.isRemoved) {
      head.append(element("span", {}, `${shortTypeName(target.type)} ${number(target.score, 2)}`));
    }
    if (target.place) head.append(element("span", {}, target.place));
    const choices = types.map((type, index) =>
      choice(typeName(type), type, {
        class: `choice ${colourOf(type)}`,
        "aria-pressed": String(target.type === type && !target.isRemoved),
        "aria-keyshortcuts": index < 9 ? String(index + 1) : null,
      }),
    );
    if (target.type && !target.isRemoved) choices.push(choice(t("remove"), null, { class: "choice none" }));
    if (target.isCorrected || target.isRemoved) {
      choices.push(choice(t("undo"), undefined, { class: "choice none" }));
    }
    return [head, element("div", { class: "choices" }, ...choices)];
  }

  function choice(label, type, attributes) {
    return element("button", { type: "button", ...attributes, onclick: () => choose(type) }, label);
  }

  function choose(type) {
    const chosen = range;
    close();
    onChoose(chosen, type);
  }

  function place(box) {
    const around = paper.getBoundingClientRect();
    const width = menu.offsetWidth;
    const left = Math.min(Math.max(box.left - around.left, MARGIN), around.width - width - MARGIN);
    menu.style.left = `${Math.max(left, MARGIN)}px`;
    menu.style.top = `${box.bottom - around.top + MARGIN}px`;
  }

  function close() {
    if (menu.hidden) return;
    menu.hidden = true;
    range = null;
  }

  menu.addEventListener("keydown", (event) => {
    const buttons = [...menu.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      buttons.at((at + step) % buttons.length).focus();
    } else if (/^[1-9]$/.test(event.key) && buttons[event.key - 1]) {
      event.preventDefault();
      buttons[event.key - 1].click();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      const target = range;
      close();
      onClose(target);
    }
  });

  return { open, close, isOpen: () => !menu.hidden, range: () => range };
}
