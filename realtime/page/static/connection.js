// The WebSocket: opened again for as long as it takes, and asked for the next scene when one is drawn.

import { parseScene } from "./message.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2000;
const REFUSED = 4403;

/** Tells `on.hello`, `on.news`, `on.scene` what comes, and `on.lost` when nothing does. */
export class Connection {
  /** @param {{hello: Function, news: Function, scene: Function, lost: Function}} on */
  constructor(on) {
    this.on = on;
    this.socket = null;
    this.wait = FIRST_WAIT_MS;
    this.wishes = {};
    this.turn = Promise.resolve();
    this.open();
  }

  open() {
    const socket = new WebSocket(new URL("live", location.href.replace(/^http/, "ws").split("?")[0]));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.wait = FIRST_WAIT_MS;
      this.send(this.wishes);
    };
    // One after the other: pictures are decoded aside, and a small one would overtake a large one.
    socket.onmessage = ({ data }) => {
      this.turn = this.turn.then(() => this.take(socket, data)).catch((error) => console.error(error));
    };
    socket.onclose = ({ code, reason }) => {
      this.on.lost(code === REFUSED ? reason : "");
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 1.6, LONGEST_WAIT_MS);
    };
    this.socket = socket;
  }

  async take(socket, data) {
    if (typeof data === "string") {
      const news = JSON.parse(data);
      if (news.kind === "hello") this.on.hello(news);
      else this.on.news(news);
      return;
    }
    try {
      await this.on.scene(parseScene(data));
    } finally {
      if (socket === this.socket) this.send({ drawn: 1 });
    }
  }

  /** Ask for something now and again after every reconnection. */
  wish(wishes) {
    Object.assign(this.wishes, wishes);
    this.send(wishes);
  }

  send(order) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(order));
  }
}
