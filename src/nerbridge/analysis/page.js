"use strict";

// Sorting: every column with numbers, and names by the alphabet.
for (const table of document.querySelectorAll("table")) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    const cells = () => [...table.tBodies[0].rows].map((row) => row.cells[column]);
    const hasNumbers = cells().some((cell) => cell.dataset.value !== undefined);
    if (!hasNumbers && column > 0) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => sortBy(table, head, column, hasNumbers));
  });
}

function sortBy(table, head, column, hasNumbers) {
  const before = head.getAttribute("aria-sort");
  const isDown = before ? before === "ascending" : hasNumbers;
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  const language = document.querySelector("bdi")?.lang || undefined;
  const key = (row) => {
    const cell = row.cells[column];
    return hasNumbers ? Number(cell.dataset.value ?? -Infinity) : cell.textContent;
  };
  const order = (a, b) => (hasNumbers ? key(a) - key(b) : key(a).localeCompare(key(b), language));
  const rows = [...table.tBodies[0].rows].sort((a, b) => (isDown ? order(b, a) : order(a, b)));
  table.tBodies[0].append(...rows);
}

// Search: rows and passages with the words in them; passages' texts count too.
const search = document.getElementById("search");
const found = document.getElementById("found");
search.closest("label").hidden = false;
const plain = (text) => text.normalize("NFC").toLowerCase();
const sought = [...document.querySelectorAll("tbody tr, #passages details")].map((item) => [
  item,
  plain(item.textContent),
]);
search.addEventListener("input", () => {
  const words = plain(search.value).split(/\s+/).filter(Boolean);
  let n = 0;
  for (const [item, text] of sought) {
    item.hidden = !words.every((word) => text.includes(word));
    n += !item.hidden && item.tagName === "DETAILS";
  }
  found.textContent = words.length ? `${n} ${n === 1 ? "name" : "names"}` : "";
});

// A link to passages opens them, also where the browser does not.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.closest("details");
  if (!details) return;
  details.hidden = false;
  details.open = true;
  details.scrollIntoView({ block: "start" });
}
window.addEventListener("hashchange", openTarget);
openTarget();
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});

// The network: a name under the pointer or with the focus shows whom it is linked to.
for (const network of document.querySelectorAll(".network")) {
  const pills = [...network.querySelectorAll("[data-node]")];
  const lines = [...network.querySelectorAll("[data-ends]")];
  const show = (node) => {
    network.classList.toggle("focus", node !== null);
    const near = new Set([node]);
    for (const line of lines) {
      const ends = line.dataset.ends.split(" ");
      const isNear = ends.includes(node);
      line.classList.toggle("near", isNear);
      if (isNear) ends.forEach((end) => near.add(end));
    }
    for (const pill of pills) pill.classList.toggle("near", near.has(pill.dataset.node));
  };
  for (const pill of pills) {
    for (const name of ["pointerenter", "focus"])
      pill.addEventListener(name, () => show(pill.dataset.node));
    for (const name of ["pointerleave", "blur"]) pill.addEventListener(name, () => show(null));
  }
}
