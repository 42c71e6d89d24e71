// The visitor's own camera, sent to the runtime over WebRTC: it never leaves for anywhere else.

import { say } from "./panels.js";

const WISHES = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

export class CameraButton {
  /** @param {HTMLButtonElement} button */
  constructor(button) {
    this.button = button;
    this.stream = null;
    this.connection = null;
    this.id = null;
    button.addEventListener("click", () => this.press());
  }

  async press() {
    this.button.disabled = true;
    try {
      if (this.stream) await this.stop();
      else await this.start();
    } catch (error) {
      this.hangUp();
      say(inWords(error));
    } finally {
      this.button.disabled = false;
      this.show();
    }
  }

  async start() {
    if (!navigator.mediaDevices) {
      throw new Error(`Browsers lend their camera to https:// pages and to http://127.0.0.1 only, not to ${location.host}.`);
    }
    this.stream = await navigator.mediaDevices.getUserMedia({ video: WISHES, audio: false });
    const connection = (this.connection = new RTCPeerConnection());
    for (const track of this.stream.getVideoTracks()) {
      track.contentHint = "detail"; // rather fewer frames than blurred ones
      track.addEventListener("ended", () => this.stream && this.press());
      connection.addTrack(track, this.stream);
    }
    connection.addEventListener("connectionstatechange", () => {
      if (connection !== this.connection || !["failed", "disconnected", "closed"].includes(connection.connectionState)) return;
      this.hangUp();
      this.show();
      say("The camera's connection has ended: another page has begun, or the network does not let it through.");
    });
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    const answer = await fetch("camera", { method: "POST", body: JSON.stringify({ sdp: connection.localDescription.sdp }) });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    this.id = said.id;
    await connection.setRemoteDescription({ type: "answer", sdp: said.sdp });
  }

  async stop() {
    const { id } = this;
    this.hangUp();
    if (id !== null) await fetch(`camera/${id}`, { method: "DELETE" });
  }

  hangUp() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.connection?.close();
    this.stream = this.connection = this.id = null;
  }

  /** The runtime has gone: so has its end of the connection. */
  lost() {
    if (this.stream) this.hangUp();
    this.show();
  }

  show() {
    this.button.textContent = this.stream ? "Stop my camera" : "Use my camera";
    this.button.ariaPressed = String(Boolean(this.stream));
  }
}

/** All addresses are in the offer: there is one exchange only. */
const gathered = (connection) =>
  connection.iceGatheringState === "complete"
    ? Promise.resolve()
    : new Promise((done) => {
        connection.addEventListener("icegatheringstatechange", () => {
          if (connection.iceGatheringState === "complete") done();
        });
      });

function inWords(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "The browser was told not to lend its camera to this page: allow it beside the address.";
    case "NotFoundError":
      return "This machine has no camera that the browser can see.";
    case "NotReadableError":
      return "Another program has the camera: close it, then try again.";
    default:
      return error.message;
  }
}
