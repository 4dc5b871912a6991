/* The server: every request of the page goes through here, and only to its own origin. */

/* Where the server is. A proxy may show it under a path, such as /ner/, which only the address of
   this file tells. */
export const ROOT = new URL("../", import.meta.url);

const TOKEN = "nerbridge.token";
const MAX_TEXTS = 64;
const MAX_CHARACTERS = 20000;

/* What went wrong, in a word the page can translate: `away`, `busy`, `long`, `token`, `gone`,
   `refused` (the server's own words are in `detail`) or `failed`. */
export class ApiError extends Error {
  constructor(kind, { detail = "", retryAfter = null } = {}) {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}

/* Whether this can be a token: what else a paste may bring along, such as signs that nobody sees,
   does not fit into a header. */
export const isToken = (token) => /^[ -~]+$/.test(token);

export function setToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

export function hasToken() {
  return Boolean(sessionStorage.getItem(TOKEN));
}

async function request(path, { signal, ...options } = {}) {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  let response;
  try {
    response = await fetch(new URL(path, ROOT), { ...options, headers, signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("away");
  }
  if (response.ok) return response;
  const error = await toError(response);
  signal?.throwIfAborted(); // nobody wants to know any more
  throw error;
}

async function toError(response) {
  const problem = await response.json().catch(() => ({}));
  const detail = typeof problem.detail === "string" ? problem.detail : "";
  const wait = Number(response.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? Math.min(wait, 60) : null;
  return new ApiError(kindOf(response.status), { detail, retryAfter });
}

function kindOf(status) {
  if (status === 401 || status === 403) return "token";
  if (status === 404) return "gone";
  if (status === 413) return "long";
  if (status === 429 || status === 503) return "busy";
  return status < 500 ? "refused" : "failed";
}

/* Tag texts, a few at a time; `onPart(texts, results)` is called as results come. */
export async function tagTexts(texts, { model, signal, onPart }) {
  for (const part of parts(texts)) {
    const response = await request("tag", {
      method: "POST",
      signal,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(model ? { texts: part, model } : { texts: part }),
    });
    onPart(part, (await response.json()).results);
  }
}

function* parts(texts) {
  let part = [];
  let characters = 0;
  for (const text of texts) {
    if (part.length && (part.length === MAX_TEXTS || characters + text.length > MAX_CHARACTERS)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(text);
    characters += text.length;
  }
  if (part.length) yield part;
}

export async function tagDocument(file, { model, signal }) {
  const form = new FormData();
  form.set("file", file);
  if (model) form.set("model", model);
  const response = await request("tag/document", { method: "POST", body: form, signal });
  return response.json();
}

export async function fetchModels() {
  return (await (await request("models")).json()).models;
}

/* The card as elements: the server makes its HTML, without any markup of the card's author. */
export async function fetchCard(name) {
  const path = `models/${name.split("/").map(encodeURIComponent).join("/")}/card?as=html`;
  const html = await (await request(path)).text();
  return new DOMParser().parseFromString(html, "text/html").body.childNodes;
}

export async function fetchReport() {
  return (await request("report")).text();
}
