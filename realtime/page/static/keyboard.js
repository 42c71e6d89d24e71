// One key for each control. Typing into a field is left alone.

/** @param {Object<string, () => void>} actions by `KeyboardEvent.key` */
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { target } = event;
    if (target.matches?.("select, textarea")) return;
    const arrow = event.key.startsWith("Arrow");
    if (event.repeat && !arrow) return; // a key held down is not pressed again and again
    if (target.matches?.("input[type=range]") && (arrow || /^(Home|End|Page)/.test(event.key))) return;
    if (event.key === " " && target.matches?.("button, input[type=checkbox]")) return; // presses it
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
