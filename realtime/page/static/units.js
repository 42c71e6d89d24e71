// The list of Action Units: bar, value, dot, strip and threshold of the chosen face.

import { drawStrip } from "./strip.js";

const TOP = 5;

/** What an AU's bar shows: its intensity; of a model without, five times its probability. */
export function scoresOf(face) {
  if (face.au_intensity) return face.au_intensity;
  return Object.fromEntries(Object.entries(face.au_occurrence ?? {}).map(([au, p]) => [au, TOP * p]));
}

export class Units {
  /** @param {HTMLElement} list @param {HTMLElement} about @param {(au: string, value: number) => void} moved */
  constructor(list, about, moved) {
    this.list = list;
    this.about = about;
    this.moved = moved;
    this.rows = new Map();
    this.names = {};
    this.descriptions = {};
    this.look = { top: TOP, line: "", rest: "" };
  }

  /** Forget all rows: another model comes. */
  clear() {
    this.rows.clear();
    this.list.replaceChildren();
  }

  /** Make a row for each AU that has none yet. */
  need(aus, thresholds) {
    const missing = aus.filter((au) => !this.rows.has(au));
    if (!missing.length) return;
    for (const au of missing) this.rows.set(au, this.row(au, thresholds(au)));
    this.list.replaceChildren(...[...this.rows.keys()].sort().map((au) => this.rows.get(au).item));
  }

  row(au, threshold) {
    const item = document.createElement("li");
    item.className = "unit";
    item.tabIndex = 0;
    item.dataset.au = au;
    item.title = this.descriptions[au] ?? "";
    const make = (tag, properties) => item.appendChild(Object.assign(document.createElement(tag), properties));
    const name = this.names[au] ?? "";
    make("span", { className: "code", textContent: au });
    make("span", { className: "name", textContent: name });
    const meter = make("div", { className: "meter", role: "meter", ariaLabel: `${au} ${name}` });
    Object.assign(meter, { ariaValueMin: "0", ariaValueMax: String(TOP), ariaValueNow: "0" });
    const bar = meter.appendChild(document.createElement("i"));
    // Not read aloud on every change: there are thirty a second.
    const output = make("output", { textContent: "–", ariaLive: "off" });
    const dot = make("span", { className: "dot", role: "img", ariaLabel: "absent" });
    const strip = make("canvas", { className: "strip", ariaHidden: "true" });
    const wrap = make("span", { className: "threshold" });
    const slider = wrap.appendChild(document.createElement("input"));
    Object.assign(slider, { type: "range", min: "0.01", max: "0.99", step: "0.01", value: String(threshold) });
    slider.ariaLabel = `${au}: probability from which it is present`;
    const shown = wrap.appendChild(Object.assign(document.createElement("output"), { ariaLive: "off" }));
    shown.textContent = threshold.toFixed(2);
    slider.addEventListener("input", () => {
      shown.textContent = Number(slider.value).toFixed(2);
      this.moved(au, Number(slider.value));
    });
    for (const event of ["mouseenter", "focus"]) item.addEventListener(event, () => this.tell(au));
    return { item, bar, meter, output, dot, strip, slider, shown };
  }

  tell(au) {
    this.about.replaceChildren(
      Object.assign(document.createElement("b"), { textContent: `${au} ${this.names[au] ?? ""}. ` }),
      this.descriptions[au] ?? "",
    );
  }

  /** Show a face's scores; without one the rows are blank. */
  show(face, thresholds) {
    const scores = face ? scoresOf(face) : {};
    for (const [au, { item, bar, meter, output, dot }] of this.rows) {
      const value = scores[au];
      const known = value !== undefined;
      bar.style.transform = `scaleX(${known ? Math.min(value / TOP, 1) : 0})`;
      output.textContent = known ? value.toFixed(1) : "–";
      meter.ariaValueNow = known ? value.toFixed(2) : "0";
      const probability = face?.au_occurrence?.[au];
      const present = probability !== undefined ? probability >= thresholds(au) : known && value >= 1;
      if (present !== item.classList.contains("present")) {
        item.classList.toggle("present", present);
        dot.ariaLabel = present ? "present" : "absent";
      }
    }
  }

  /** Draw every strip. */
  strips(track, now) {
    for (const [au, { strip }] of this.rows) drawStrip(strip, track, au, now, this.look);
  }

  /** Show thresholds that were not set by the sliders. */
  set(thresholds) {
    for (const [au, { slider, shown }] of this.rows) {
      slider.value = String(thresholds(au));
      shown.textContent = thresholds(au).toFixed(2);
    }
  }

  recolour() {
    const style = getComputedStyle(document.documentElement);
    this.look.line = style.getPropertyValue("--accent");
    this.look.rest = style.getPropertyValue("--line");
  }
}
