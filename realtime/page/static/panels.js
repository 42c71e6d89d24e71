// The small panels: faces to choose from, pose, expression, stage times, and how the stream is doing.

import { colourOf } from "./picture.js";

const by = (id) => document.getElementById(id);
const degrees = (radians) => `${((radians * 180) / Math.PI).toFixed(0)}°`;
const milliseconds = (seconds) => (seconds * 1000).toFixed(1);

export function showPose(face) {
  for (const angle of ["yaw", "pitch", "roll"]) by(angle).textContent = face ? degrees(face.pose[angle]) : "–";
  by("group").textContent = face?.pose_group ?? "";
}

export function showExpression(face) {
  const probabilities = Object.entries(face?.expression ?? {});
  const list = by("expressions");
  const names = probabilities.map(([name]) => name).join();
  if (names && list.dataset.names !== names) {
    list.dataset.names = names;
    list.replaceChildren(...probabilities.map(([name]) => expressionRow(name)));
  }
  const best = Math.max(...probabilities.map(([, p]) => p));
  for (const row of list.children) {
    const p = face?.expression?.[row.dataset.expression];
    const [, meter, output] = row.children;
    meter.firstChild.style.transform = `scaleX(${p ?? 0})`;
    meter.ariaValueNow = (p ?? 0).toFixed(2);
    output.textContent = p === undefined ? "–" : `${Math.round(p * 100)}%`;
    row.style.fontWeight = p !== undefined && p === best ? "600" : "";
  }
}

function expressionRow(name) {
  const row = document.createElement("li");
  row.dataset.expression = name;
  const label = Object.assign(document.createElement("span"), { textContent: name });
  const meter = Object.assign(document.createElement("div"), { className: "meter", role: "meter", ariaLabel: name });
  Object.assign(meter, { ariaValueMin: "0", ariaValueMax: "1", ariaValueNow: "0" });
  meter.append(document.createElement("i"));
  row.append(label, meter, Object.assign(document.createElement("output"), { ariaLive: "off" }));
  return row;
}

/** Buttons of the faces that are seen; `choose` is called with the track id of the one that is pressed. */
export function showFaces(faces, chosen, choose) {
  const box = by("faces");
  const ids = faces.map((face) => face.track_id);
  if (box.dataset.ids !== ids.join() || !box.childNodes.length) {
    box.dataset.ids = ids.join();
    box.replaceChildren(
      ...(ids.length ? ids.map((id) => faceButton(id, choose)) : [Object.assign(document.createElement("span"), { className: "quiet", textContent: "no face" })]),
    );
  }
  for (const button of box.querySelectorAll("button")) {
    const pressed = String(Number(button.dataset.id) === chosen);
    if (button.ariaPressed !== pressed) button.ariaPressed = pressed;
  }
}

function faceButton(id, choose) {
  const button = Object.assign(document.createElement("button"), { textContent: `Face ${id}` });
  button.dataset.id = String(id);
  button.style.borderLeftColor = colourOf(id);
  button.addEventListener("click", () => choose(id));
  return button;
}

/** Rates, drops and stage times. */
export function showStatus(status) {
  by("fps").textContent = status.fps.toFixed(1);
  by("dropped").textContent = String(status.dropped);
  const latency = status.stages?.latency;
  by("latency").textContent = latency ? `${milliseconds(latency.p50)} ms` : "–";
  const body = by("stages").tBodies[0];
  const stages = Object.entries(status.stages ?? {});
  if (body.rows.length !== stages.length) body.replaceChildren(...stages.map(() => stageRow()));
  stages.forEach(([name, times], index) => {
    const [head, ...cells] = body.rows[index].cells;
    head.textContent = name;
    [times.p50, times.p95, times.p99].forEach((value, i) => (cells[i].textContent = milliseconds(value)));
  });
}

function stageRow() {
  const row = document.createElement("tr");
  const head = Object.assign(document.createElement("th"), { scope: "row" });
  row.append(head, ...[0, 1, 2].map(() => document.createElement("td")));
  return row;
}

/** The word that says what the stream, or the connection to it, does. */
export function showState(state, word = state) {
  const shown = by("state");
  if (shown.dataset.state !== state || shown.textContent !== word) {
    shown.dataset.state = state;
    shown.textContent = word;
  }
}

/** A line over the picture's lower edge; "" takes it away. */
export function notice(line) {
  const shown = by("notice");
  if (shown.textContent !== line) shown.textContent = line;
  shown.hidden = !line;
}

let silence = 0;
/** Say something for a few seconds. */
export function say(line) {
  const said = by("said");
  said.textContent = line;
  said.classList.add("shown");
  clearTimeout(silence);
  silence = setTimeout(() => said.classList.remove("shown"), 6000);
}
