// The record button: the runtime writes every result to a file, which the browser then gets as well.

import { say } from "./panels.js";

const CLOCK_MS = 500;

export class RecordButton {
  /** @param {HTMLButtonElement} button @param {HTMLSelectElement} format @param {() => object} order what to record */
  constructor(button, format, order) {
    Object.assign(this, { button, format, order });
    this.running = null; // { name, since }
    button.addEventListener("click", () => this.press());
    setInterval(() => this.show(), CLOCK_MS);
  }

  async press() {
    this.button.disabled = true;
    try {
      if (this.running) await this.end();
      else await this.begin();
    } catch (error) {
      say(error.message);
    } finally {
      this.button.disabled = false;
      this.show();
    }
  }

  async begin() {
    const made = await post("recordings", { ...this.order(), format: this.format.value });
    this.running = { name: made.name, since: Date.now() };
    say(`recording to ${made.path}`);
  }

  async end() {
    const { name } = this.running;
    this.running = null;
    const ended = await post(`recordings/${encodeURIComponent(name)}/end`, {});
    if (!ended.kept) {
      say(ended.failure || "nothing was recorded: no face was seen");
      return;
    }
    say(`${ended.frames} frames in ${ended.path}`);
    const link = Object.assign(document.createElement("a"), { href: `recordings/${encodeURIComponent(name)}`, download: name });
    document.body.append(link);
    link.click();
    link.remove();
  }

  /** Take what the runtime says is being recorded: another page may have begun or ended it. */
  news(running, stream) {
    if (this.button.disabled) return;
    const mine = running.find((one) => one.name === this.running?.name);
    if (this.running && !mine) say(`The recording ${this.running.name} has ended.`);
    const shown = mine ?? running.find((one) => one.stream === stream);
    this.running = shown ? { name: shown.name, since: Date.now() - shown.seconds * 1000 } : null;
    this.button.title = shown ? `Recording ${shown.stream} to ${shown.name}` : "Write every result to a file (r)";
    this.show();
  }

  show() {
    const text = this.running ? `■ ${clock((Date.now() - this.running.since) / 1000)}` : "Record";
    if (this.button.textContent !== text) this.button.textContent = text;
    this.button.ariaPressed = String(Boolean(this.running));
    this.button.ariaLabel = this.running ? "End the recording" : "Record";
    this.format.disabled = Boolean(this.running);
  }
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

async function post(path, content) {
  const answer = await fetch(path, { method: "POST", body: JSON.stringify(content) });
  const said = await answer.json().catch(() => ({ error: `${answer.status} ${answer.statusText}` }));
  if (!answer.ok) throw new Error(said.error);
  return said;
}
