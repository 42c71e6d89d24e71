// What a browser remembers: layers, and thresholds for each model.

import { recall, remember } from "./storage.js";

export class Thresholds {
  constructor() {
    this.model = "";
    this.given = {};
    this.own = {};
  }

  /** Take a model's own thresholds, and what was set for it here before. */
  of(model, given) {
    Object.assign(this, { model, given, own: JSON.parse(recall(this.key(model)) ?? "{}") });
  }

  key = (model) => `thresholds.${model}`;
  get = (au) => this.own[au] ?? this.given[au] ?? 0.5;

  set(au, value) {
    this.own[au] = value;
    remember(this.key(this.model), JSON.stringify(this.own));
  }

  reset() {
    this.own = {};
    remember(this.key(this.model), null);
  }
}

/** Set a checkbox as it was left, and call `changed` whenever it changes. */
export function remembered(box, changed) {
  const before = recall(box.id);
  if (before !== null) box.checked = before === "true";
  box.addEventListener("change", () => {
    remember(box.id, String(box.checked));
    changed();
  });
}

export function toggleTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  remember("theme", root.dataset.theme);
}
