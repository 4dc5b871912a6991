/* The Markdown of model cards as elements: headings, paragraphs, lists, tables, code. Anything else
   stays readable text; links are shown, not followed; nothing is ever read as HTML. */

import { element } from "./dom.js";

export function markdownToNodes(source) {
  const lines = source.replace(/^---\n[\s\S]*?\n---\n/, "").split(/\r?\n/);
  const nodes = [];
  for (let at = 0; at < lines.length; ) {
    const [node, next] = readBlock(lines, at);
    if (node) nodes.push(node);
    at = next;
  }
  return nodes;
}

function readBlock(lines, at) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) {
    const level = Math.min(heading[1].length + 2, 6);
    return [element(`h${level}`, {}, ...inline(heading[2])), at + 1];
  }
  if (/^(```|~~~)/.test(line)) return readCode(lines, at);
  if (/^\s*\|/.test(line) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[at + 1] ?? "")) {
    return readTable(lines, at);
  }
  if (/^\s*[-*]\s/.test(line)) return readList(lines, at);
  const end = until(lines, at + 1, (next) => !next.trim() || /^(#{1,6}\s|```|~~~|\s*[-*]\s|\s*\|)/.test(next));
  return [element("p", {}, ...inline(lines.slice(at, end).join(" "))), end];
}

function until(lines, at, stops) {
  let end = at;
  while (end < lines.length && !stops(lines[end])) end += 1;
  return end;
}

function readCode(lines, at) {
  const end = until(lines, at + 1, (line) => line.startsWith(lines[at].slice(0, 3)));
  const code = element("code", {}, lines.slice(at + 1, end).join("\n"));
  return [element("pre", { tabindex: "0" }, code), end + 1];
}

function readList(lines, at) {
  const end = until(lines, at + 1, (line) => !line.trim() || /^#/.test(line));
  const items = [];
  for (const line of lines.slice(at, end)) {
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    if (item) items.push(item[1]);
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return [element("ul", {}, ...items.map((item) => element("li", {}, ...inline(item)))), end];
}

function readTable(lines, at) {
  const end = until(lines, at + 2, (line) => !/^\s*\|/.test(line));
  const row = (line, name) => {
    const cells = line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/);
    return element("tr", {}, ...cells.map((cell) => element(name, {}, ...inline(cell.trim().replaceAll("\\|", "|")))));
  };
  const table = element(
    "table",
    {},
    element("thead", {}, row(lines[at], "th")),
    element("tbody", {}, ...lines.slice(at + 2, end).map((line) => row(line, "td"))),
  );
  return [element("div", { class: "table" }, table), end];
}

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/).map((part) => {
    if (/^`.+`$/.test(part)) return element("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return element("strong", {}, part.slice(2, -2));
    const link = /^\[(.+)\]\((.+)\)$/.exec(part);
    return link ? `${link[1]} (${link[2]})` : part;
  });
}
