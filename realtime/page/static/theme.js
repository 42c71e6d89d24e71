// Before the first paint, so that it is never in the wrong colours.
const chosen = localStorage.getItem("livefacs.theme");
document.documentElement.dataset.theme =
  chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
