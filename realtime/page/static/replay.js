// Moving through a recorded run: the page asks for a frame, and for the next when that one is drawn.

const by = (id) => document.getElementById(id);
const JUMP = 3; // frames: further away, the strips are to be filled anew

export class Replay {
  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.connection = connection;
    this.seconds = [0];
    this.shown = 0; // position that is drawn, from 1
    this.wanted = 1;
    this.asked = 0;
    this.playing = false;
    by("play").addEventListener("click", () => this.toggle());
    by("position").addEventListener("input", () => this.go(Number(by("position").value)));
  }

  /** Begin with a run: the time of each of its frames in seconds. */
  of(seconds) {
    this.seconds = seconds;
    by("position").max = String(seconds.length);
    this.asked = this.shown = 0;
    this.go(Math.min(this.wanted, seconds.length));
  }

  go(position) {
    this.wanted = Math.min(Math.max(position, 1), this.seconds.length);
    this.start = { at: performance.now(), seconds: this.seconds[this.wanted - 1] };
    this.ask();
  }

  step = (by) => {
    this.play(false);
    this.go(this.wanted + by);
  };

  toggle() {
    this.play(!this.playing);
  }

  play(on) {
    this.playing = on;
    if (on) {
      this.go(this.wanted >= this.seconds.length ? 1 : this.wanted);
      this.soon();
    }
    by("play").textContent = on ? "Pause" : "Play";
    by("play").ariaPressed = String(on);
  }

  /** One frame at a time, always the one that is wanted by then. */
  ask() {
    if (this.asked || this.wanted === this.shown) return;
    this.asked = this.wanted;
    const past = Math.abs(this.wanted - this.shown) > JUMP || this.wanted < this.shown;
    this.connection.send({ position: this.wanted, past });
  }

  /** Ask for the shown frame once more. */
  again() {
    this.shown = 0;
    this.ask();
  }

  /** A frame cannot be had: go on as if it were drawn. */
  failed() {
    this.shown = this.asked || this.shown;
    this.asked = 0;
    if (this.playing) this.soon();
  }

  /** A frame is drawn. */
  drawn(position) {
    this.shown = position;
    this.asked = 0;
    by("position").value = String(this.wanted);
    const text = `${clock(this.seconds[position - 1])} / ${clock(this.seconds.at(-1))}`;
    by("time").textContent = text;
    by("position").ariaValueText = `${text}, frame ${position}`;
    if (this.playing) this.soon();
    else this.ask();
  }

  soon() {
    if (this.coming) return;
    this.coming = requestAnimationFrame(() => {
      this.coming = 0;
      this.onward();
    });
  }

  onward() {
    if (!this.playing) return;
    const now = this.start.seconds + (performance.now() - this.start.at) / 1000;
    let next = this.wanted;
    while (next < this.seconds.length && this.seconds[next] <= now) next++;
    if (next === this.seconds.length && this.seconds.at(-1) <= now) this.play(false);
    if (next !== this.wanted) {
      this.wanted = next;
      this.ask();
    } else if (this.playing) this.soon();
  }
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, "0")}`;
