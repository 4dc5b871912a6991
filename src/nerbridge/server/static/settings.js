/* What the page remembers: language, colours, minimum score, export format. Never a text. */

const KEY = "nerbridge";

function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return stored && typeof stored === "object" ? stored : {};
  } catch {
    return {};
  }
}

const stored = read();

export const settings = {
  lang: ["as", "en"].includes(stored.lang) ? stored.lang : preferredLanguage(),
  theme: ["light", "dark"].includes(stored.theme) ? stored.theme : "auto",
  minScore: stored.minScore >= 0 && stored.minScore <= 1 ? stored.minScore : 0,
  format: ["json", "csv", "conll", "html"].includes(stored.format) ? stored.format : "json",
};

export function remember(changes) {
  Object.assign(settings, changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Private windows may refuse; the settings then last as long as the page.
  }
}

function preferredLanguage() {
  return navigator.languages.some((language) => /^as\b/.test(language)) ? "as" : "en";
}
