// The last half minute of each face, for the strips.

export const SECONDS = 30;
const ROOM = 4096; // points of a face: 30 s at up to 136 frames a second

class Track {
  constructor() {
    this.times = new Float64Array(ROOM);
    this.values = new Map();
    this.next = 0;
    this.count = 0;
  }

  push(time, scores) {
    const at = this.next;
    this.times[at] = time;
    for (const [au, value] of Object.entries(scores)) {
      if (!this.values.has(au)) this.values.set(au, new Float32Array(ROOM).fill(NaN));
      this.values.get(au)[at] = value;
    }
    this.next = (at + 1) % ROOM;
    this.count = Math.min(this.count + 1, ROOM);
  }

  get latest() {
    return this.count ? this.times[(this.next + ROOM - 1) % ROOM] : -Infinity;
  }

  /** Calls `take(seconds ago, value)` for each point of an AU, oldest first. */
  each(au, now, take) {
    const values = this.values.get(au);
    if (!values) return;
    for (let i = 0; i < this.count; i++) {
      const at = (this.next + ROOM - this.count + i) % ROOM;
      const ago = now - this.times[at];
      if (ago <= SECONDS) take(ago, values[at]);
    }
  }
}

/** What each face of one stream did. */
export class History {
  constructor() {
    this.clear();
  }

  clear() {
    this.tracks = new Map();
    this.now = -Infinity;
  }

  /** Take a result of a time in seconds; time that steps back begins anew. */
  push(result, scoresOf, time = result.t_capture) {
    if (time <= this.now) {
      if (time === this.now) return;
      this.clear();
    }
    this.now = time;
    for (const face of result.faces) {
      if (!this.tracks.has(face.track_id)) this.tracks.set(face.track_id, new Track());
      this.tracks.get(face.track_id).push(time, scoresOf(face));
    }
    for (const [id, track] of this.tracks) if (time - track.latest > SECONDS) this.tracks.delete(id);
  }
}
