// One key for each control. Typing into a field is left alone.

/** @param {Object<string, () => void>} actions by `KeyboardEvent.key` */
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { target } = event;
    if (target.matches?.("select, textarea, input[type=range]")) return;
    if (event.key === " " && target.matches?.("button, input")) return; // presses it
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
