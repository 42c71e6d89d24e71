// The page, put together: a connection brings scenes and news, which are drawn and shown.

import { CameraButton } from "./camera.js";
import { Connection } from "./connection.js";
import { History } from "./history.js";
import { listenToKeys } from "./keyboard.js";
import { notice, say, showExpression, showFaces, showPose, showState, showStatus } from "./panels.js";
import { drawScene } from "./picture.js";
import { RecordButton } from "./recording.js";
import { Replay } from "./replay.js";
import { Thresholds, remembered, toggleTheme } from "./settings.js";
import { Units, scoresOf } from "./units.js";

const STRIPS_MS = 100;
const SILENCE_MS = 2000;

const by = (id) => document.getElementById(id);
const canvas = by("picture");
const thresholds = new Thresholds();
const histories = new Map();
const statuses = new Map();
const units = new Units(by("units"), by("about"), (au, value) => {
  thresholds.set(au, value);
  units.show(face(), thresholds.get);
});

let hello = { names: {}, descriptions: {}, thresholds: {}, aus: [], pictures: true, rate: 30 };
let scene = null;
let bitmap = null;
let stream = ""; // "" is the first to show something
let chosen = null; // track id
let paused = false;
let connected = false;
let refused = ""; // why this page may not be open
let heard = performance.now();

const layers = () => ({ mesh: by("show-mesh").checked, boxes: by("show-boxes").checked, axes: by("show-axes").checked });
const face = () => scene?.result.faces.find((one) => one.track_id === chosen);
const history = () => histories.get(scene?.result.stream);

const connection = new Connection({
  hello(facts) {
    hello = facts;
    connected = true;
    refused = "";
    heard = performance.now();
    histories.clear();
    statuses.clear();
    document.title = facts.title ? `${facts.title} – LiveFACS` : "LiveFACS";
    Object.assign(units, { names: facts.names, descriptions: facts.descriptions });
    thresholds.of("", facts.thresholds);
    units.clear();
    units.need(facts.aus, thresholds.get);
    const replayed = facts.mode === "replay";
    for (const one of document.querySelectorAll(".replay-only")) one.hidden = !replayed;
    for (const one of document.querySelectorAll(".live-only")) one.hidden = replayed;
    by("camera").hidden = !facts.camera;
    if (replayed) replay.of(facts.seconds);
    by("show-picture").disabled = !facts.pictures;
    by("privacy").textContent = facts.pictures
      ? "Picture: sent to this page only."
      : "This stream carries numbers only, no picture.";
    tellState();
  },
  news(news) {
    heard = performance.now();
    if (news.kind === "past") {
      for (const result of news.results) take(result);
    } else if (news.kind === "error") {
      say(news.error);
      replay.failed();
    } else if (news.kind === "recordings") {
      recording.news(news.running, shownStream());
    } else if (news.kind === "status") {
      statuses.set(news.status.stream, news.status);
      // LiveFACS was started again with other streams.
      if (stream && !statuses.has(stream) && !histories.has(stream)) look("");
      offerStreams();
      if (news.status.stream === shownStream()) showStatus(news.status);
      tellState();
    }
  },
  async scene(coming) {
    heard = performance.now();
    const picture = coming.picture ? await createImageBitmap(coming.picture) : null;
    await nextFrame();
    if (paused) return;
    bitmap?.close();
    [scene, bitmap] = [coming, picture];
    take(coming.result);
    draw();
    if (coming.position !== undefined) {
      drawStrips();
      replay.drawn(coming.position);
    }
  },
  lost(reason) {
    connected = false;
    camera.lost();
    refused = reason;
    tellState();
  },
});

/** A recording may have been read at any speed: there the video's own time counts. */
const mediaTime = ({ pts, time_base, t_capture }) =>
  pts === undefined || !time_base ? t_capture : (pts * time_base[0]) / time_base[1];

const replay = new Replay(connection);

/** Browsers draw no frames of a page in the background, but numbers are to go on. */
const nextFrame = () =>
  document.hidden ? Promise.resolve() : new Promise((done) => requestAnimationFrame(done));

function take(result) {
  if (result.model !== thresholds.model) {
    thresholds.of(result.model, hello.thresholds);
    units.set(thresholds.get);
  }
  if (!histories.has(result.stream)) histories.set(result.stream, new History());
  histories.get(result.stream).push(result, scoresOf, hello.mode === "replay" ? mediaTime(result) : undefined);
  const ids = result.faces.map((one) => one.track_id);
  if (!ids.includes(chosen)) chosen = ids[0] ?? null;
  for (const one of result.faces) units.need(Object.keys(scoresOf(one)), thresholds.get);
}

function draw() {
  if (!scene) return;
  drawScene(canvas, scene, bitmap, layers(), chosen);
  canvas.dataset.frame = String(scene.result.frame);
  // Only on the publisher's own machine do both clocks agree.
  canvas.dataset.age = (Date.now() - (scene.result.t_publish + scene.result.wall_offset) * 1000).toFixed(1);
  const one = face();
  by("units").dataset.frame = String(scene.result.frame);
  showFaces(scene.result.faces, chosen, choose);
  units.show(one, thresholds.get);
  showPose(one);
  showExpression(one);
}

const choose = (id) => {
  chosen = id;
  draw();
  drawStrips();
};

function drawStrips() {
  const of = history();
  if (of) units.strips(of.tracks.get(chosen), of.now);
}
let [drawnAt, drawnNow] = [0, 0];
setInterval(() => {
  const due = performance.now() - drawnAt >= STRIPS_MS * (30 / hello.rate) - 5;
  if (paused || document.hidden || !due || !history() || history().now === drawnNow) return;
  [drawnAt, drawnNow] = [performance.now(), history().now];
  drawStrips();
}, STRIPS_MS);

// ---------------------------------------------------------------- streams and states

const shownStream = () => stream || scene?.result.stream || [...statuses.keys()][0] || "";

function offerStreams() {
  const names = [...statuses.keys()].sort();
  const select = by("stream");
  if ([...select.options].map((one) => one.value).join() !== names.join()) {
    select.replaceChildren(...names.map((name) => new Option(name, name)));
    by("stream-choice").hidden = names.length < 2;
  }
  if (select.value !== shownStream()) select.value = shownStream();
}

function look(name) {
  stream = name;
  chosen = scene = null;
  bitmap?.close();
  bitmap = null;
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  showFaces([], chosen, choose);
  units.show(undefined, thresholds.get);
  showPose(undefined);
  showExpression(undefined);
  connection.wish({ stream: name });
  const status = statuses.get(name);
  if (status) showStatus(status);
  tellState();
}
by("stream").addEventListener("change", () => look(by("stream").value));

function tellState() {
  if (!connected) {
    const over = statuses.size > 0 && [...statuses.values()].every((one) => one.state === "ended");
    showState(refused ? "refused" : over ? "ended" : "reconnecting");
    if (refused) notice(refused);
    else if (over) notice("The stream has ended.");
    else notice(scene ? "LiveFACS has gone. Reconnecting …" : "Connecting to LiveFACS …");
    return;
  }
  if (hello.mode === "replay") {
    showState("playing", "recorded");
    notice("");
    return;
  }
  const status = statuses.get(shownStream());
  const silent = performance.now() - heard > SILENCE_MS;
  if (paused) showState("paused");
  else if (silent) showState("stalled", "no news");
  else showState(status?.state ?? "connecting");
  const state = status?.state === "ended" ? "The stream has ended" : status?.state;
  const why = status && state !== "live" ? `${state}${status.detail ? `: ${status.detail}` : ""}` : "";
  notice(why || status?.detail || (scene ? "" : "Waiting for the first picture …"));
}
setInterval(tellState, 1000);

// ---------------------------------------------------------------- controls

const recording = new RecordButton(by("record"), by("format"), () => ({
  stream: shownStream(),
  thresholds: thresholds.own,
}));

const camera = new CameraButton(by("camera"));

function pause() {
  paused = !paused;
  by("pause").ariaPressed = String(paused);
  by("pause").textContent = paused ? "Go on" : "Pause";
  wishToWatch();
  tellState();
}
const wishToWatch = () => connection.wish({ watching: !paused && !document.hidden });
document.addEventListener("visibilitychange", wishToWatch);
wishToWatch();
by("pause").addEventListener("click", pause);

const wishPictures = () => {
  connection.wish({ pictures: by("show-picture").checked });
  if (!by("show-picture").checked) {
    bitmap?.close();
    bitmap = null;
  }
  draw();
  if (hello.mode === "replay") replay.again();
};
remembered(by("show-picture"), wishPictures);
connection.wish({ pictures: by("show-picture").checked });
for (const layer of ["show-mesh", "show-boxes", "show-axes"]) remembered(by(layer), draw);

by("thresholds").addEventListener("click", () => {
  const on = document.querySelector(".units").classList.toggle("thresholds");
  by("thresholds").ariaPressed = String(on);
  by("reset").hidden = !on;
  if (!on) drawStrips();
});
by("reset").addEventListener("click", () => {
  thresholds.reset();
  units.set(thresholds.get);
  units.show(face(), thresholds.get);
});
by("theme").addEventListener("click", () => {
  toggleTheme();
  units.recolour();
  drawStrips();
});
by("help").addEventListener("click", () => by("keys").showModal());
units.recolour();

canvas.addEventListener("click", (event) => {
  const hit = faceAt(event);
  if (hit) choose(hit.track_id);
});

/** The face under the pointer: the canvas is fitted into its box with bars at two sides. */
function faceAt(event) {
  if (!scene) return undefined;
  const [wide, high] = scene.result.size;
  const box = canvas.getBoundingClientRect();
  const scale = Math.min(box.width / wide, box.height / high);
  const x = (event.clientX - box.left - (box.width - wide * scale) / 2) / scale;
  const y = (event.clientY - box.top - (box.height - high * scale) / 2) / scale;
  return scene.result.faces.find(
    ({ bbox: [left, top, width, height] }) => x >= left && x <= left + width && y >= top && y <= top + height,
  );
}

const click = (id) => () => by(id).click();
listenToKeys({
  " ": () => (hello.mode === "replay" ? replay.toggle() : pause()),
  ArrowLeft: () => hello.mode === "replay" && replay.step(-1),
  ArrowRight: () => hello.mode === "replay" && replay.step(1),
  r: click("record"),
  c: () => by("camera").hidden || by("camera").click(),
  t: click("theme"),
  h: click("thresholds"),
  "?": click("help"),
  v: click("show-picture"),
  m: click("show-mesh"),
  b: click("show-boxes"),
  a: click("show-axes"),
  s: () => {
    const names = [...by("stream").options].map((one) => one.value);
    if (names.length > 1) look(names[(names.indexOf(shownStream()) + 1) % names.length]);
    offerStreams();
  },
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), () => {
      const one = scene?.result.faces[n - 1];
      if (one) choose(one.track_id);
    }]),
  ),
});
