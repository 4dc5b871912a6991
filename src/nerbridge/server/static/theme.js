/* Runs before the page is drawn, so that it does not flash in the wrong colours. */
try {
  const theme = JSON.parse(localStorage.getItem("nerbridge") ?? "{}").theme;
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed or holds something else: the system's colours are right.
}
