// The picture with mesh, boxes, ids and pose axes.

import { meshX, meshY } from "./message.js";
import { CONTOURS, TESSELATION } from "./mesh.js";

export const FACE_COLOURS = ["#58a6ff", "#f2a73b", "#56d364", "#ff7bac", "#b392f0", "#39d0d8", "#e6e05a", "#ff8f6b"];
export const colourOf = (id) => FACE_COLOURS[(id - 1) % FACE_COLOURS.length];

const MOST_PX = 1280;

/** Draw a scene on a canvas, which takes the picture's shape. */
export function drawScene(canvas, scene, bitmap, layers, chosen) {
  const [wide, high] = scene.result.size;
  const scale = Math.min(1, MOST_PX / wide);
  const width = Math.round(wide * scale);
  const height = Math.round(high * scale);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  if (bitmap) context.drawImage(bitmap, 0, 0, width, height);
  else {
    context.fillStyle = "#0a0d11";
    context.fillRect(0, 0, width, height);
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const unit = Math.max(1, wide / 640); // lines as thick on any picture
  scene.result.faces.forEach((face, index) => {
    const colour = colourOf(face.track_id);
    const mesh = scene.meshes[index];
    if (layers.mesh && mesh) drawMesh(context, mesh, unit, colour);
    if (layers.boxes) drawBox(context, face, unit, colour, face.track_id === chosen);
    if (layers.axes) drawAxes(context, face, mesh, unit);
  });
}

function drawMesh(context, mesh, unit, colour) {
  for (const [edges, style, thick, alpha] of [
    [TESSELATION, "#ffffff", 0.5, 0.2],
    [CONTOURS, colour, 1, 0.9],
  ]) {
    context.beginPath();
    for (let i = 0; i < edges.length; i += 2) {
      context.moveTo(meshX(mesh, edges[i]), meshY(mesh, edges[i]));
      context.lineTo(meshX(mesh, edges[i + 1]), meshY(mesh, edges[i + 1]));
    }
    context.globalAlpha = alpha;
    context.strokeStyle = style;
    context.lineWidth = thick * unit;
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawBox(context, face, unit, colour, chosen) {
  const [x, y, width, height] = face.bbox;
  context.strokeStyle = colour;
  context.lineWidth = (chosen ? 2.5 : 1.25) * unit;
  context.strokeRect(x, y, width, height);
  const label = `${face.track_id}  ${face.pose_group}`;
  context.font = `600 ${12 * unit}px system-ui, sans-serif`;
  const room = context.measureText(label).width + 8 * unit;
  const top = y > 18 * unit ? y - 17 * unit : y;
  context.fillStyle = colour;
  context.fillRect(x, top, room, 17 * unit);
  context.fillStyle = "#0a0d11";
  context.fillText(label, x + 4 * unit, top + 12.5 * unit);
}

/** Head axes in the picture: to the head's left (red), up (green), and out of the face (blue). */
function drawAxes(context, face, mesh, unit) {
  const [x, y, width, height] = face.bbox;
  const from = mesh ? [meshX(mesh, 1), meshY(mesh, 1)] : [x + width / 2, y + height / 2];
  const reach = 0.45 * Math.max(width, height);
  const turned = rotation(face.pose);
  const axes = [
    [turned[0][0], turned[1][0], "#ff5c5c"],
    [-turned[0][1], -turned[1][1], "#4fd66b"],
    [-turned[0][2], -turned[1][2], "#5c9dff"],
  ];
  context.lineWidth = 2.25 * unit;
  context.lineCap = "round";
  for (const [dx, dy, colour] of axes) {
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(from[0] + dx * reach, from[1] + dy * reach);
    context.strokeStyle = colour;
    context.stroke();
  }
}

/** Rx(pitch) Ry(yaw) Rz(roll), from head to camera: x to the right of the picture, y down, z into the scene. */
export function rotation({ yaw, pitch, roll }) {
  const [cx, sx, cy, sy, cz, sz] = [pitch, yaw, roll].flatMap((angle) => [Math.cos(angle), Math.sin(angle)]);
  return [
    [cy * cz, -cy * sz, sy],
    [cx * sz + sx * sy * cz, cx * cz - sx * sy * sz, -sx * cy],
    [sx * sz - cx * sy * cz, sx * cz + cx * sy * sz, cx * cy],
  ];
}
