/* What went wrong, and what the server wants noticed; above the text. */

import { $, element } from "./dom.js";
import { noticeText, t } from "./i18n.js";

let message = null;
let notices = [];
let dismissed = new Set();

/* Say that something went wrong; `again` is what to try again, `detail` the server's own words. */
export function showMessage(text, { again = null, label = t("retry"), detail = "" } = {}) {
  const parts = [element("p", {}, text)];
  if (detail) parts.push(element("p", { class: "detail" }, `${t("details")} `, element("q", { lang: "en" }, detail)));
  const buttons = [element("button", { type: "button", class: "quiet", onclick: clearMessage }, t("dismiss"))];
  if (again) buttons.unshift(element("button", { type: "button", onclick: again }, label));
  message = element(
    "div",
    { class: "message", role: "alert" },
    element("div", {}, ...parts),
    element("div", { class: "actions" }, ...buttons),
  );
  drawMessages();
}

export function clearMessage() {
  if (!message) return;
  message = null;
  drawMessages();
}

/* Show what the server noticed about the text; what was hidden stays hidden until it is gone. */
export function showNotices(found) {
  dismissed = new Set(found.filter((notice) => dismissed.has(notice)));
  const next = found.filter((notice) => !dismissed.has(notice));
  if (JSON.stringify(next) === JSON.stringify(notices)) return;
  notices = next;
  drawMessages();
}

/* Draw all of them; again, when the language has changed. */
export function drawMessages() {
  const shown = notices.map((notice) => {
    const hide = () => {
      dismissed.add(notice);
      showNotices(notices);
    };
    const { text, lang } = noticeText(notice);
    return element(
      "div",
      { class: "message notice", role: "status" },
      element("p", { lang }, text),
      element("button", { type: "button", class: "quiet", onclick: hide }, t("dismiss")),
    );
  });
  $("messages").replaceChildren(...(message ? [message] : []), ...shown);
}
