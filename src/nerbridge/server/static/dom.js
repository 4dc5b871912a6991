/* Elements without markup: text only ever becomes text. */

export const $ = (id) => document.getElementById(id);

/* `element("button", {class: "x", "aria-label": "y", onclick: f}, "text", child)` */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

let pause;

/* Say something to a screen reader, once things are quiet. */
export function announce(text) {
  clearTimeout(pause);
  pause = setTimeout(() => {
    $("live").textContent = text;
  }, 400);
}

/* Keep a text as a file of the user's. */
export function save(text, name, media) {
  const url = URL.createObjectURL(new Blob([text], { type: `${media};charset=utf-8` }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
