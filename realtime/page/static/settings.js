// What a browser remembers: layers, and thresholds for each model.

export class Thresholds {
  constructor() {
    this.model = "";
    this.given = {};
    this.own = {};
  }

  /** Take a model's own thresholds, and what was set for it here before. */
  of(model, given) {
    Object.assign(this, { model, given, own: JSON.parse(localStorage.getItem(this.key(model)) ?? "{}") });
  }

  key = (model) => `livefacs.thresholds.${model}`;
  get = (au) => this.own[au] ?? this.given[au] ?? 0.5;

  set(au, value) {
    this.own[au] = value;
    localStorage.setItem(this.key(this.model), JSON.stringify(this.own));
  }

  reset() {
    this.own = {};
    localStorage.removeItem(this.key(this.model));
  }
}

/** Remember a checkbox, and call `changed` now and whenever it changes. */
export function remembered(box, changed) {
  const key = `livefacs.${box.id}`;
  const before = localStorage.getItem(key);
  if (before !== null) box.checked = before === "true";
  box.addEventListener("change", () => {
    localStorage.setItem(key, String(box.checked));
    changed();
  });
}

export function toggleTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("livefacs.theme", root.dataset.theme);
}
