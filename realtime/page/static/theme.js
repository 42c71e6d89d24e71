// Before the first paint, so that it is never in the wrong colours.
let chosen = null;
try {
  chosen = localStorage.getItem("livefacs.theme");
} catch {
  // a browser that is told to remember nothing
}
document.documentElement.dataset.theme =
  chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
