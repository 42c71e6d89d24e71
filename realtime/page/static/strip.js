// One AU of one face over the last 30 seconds.

import { SECONDS } from "./history.js";

const PAUSE_S = 0.5; // a line is not drawn over a longer gap

/** Fit a canvas' pixels to its size on the page; returns its context in CSS pixels, null where it is hidden. */
export function sized(canvas) {
  const scale = Math.min(devicePixelRatio || 1, 2);
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (!width || !height) return null;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

/** @param {{top: number, line: string, rest: string}} look highest value, colour of the line and of 0 */
export function drawStrip(canvas, track, au, now, look) {
  const context = sized(canvas);
  if (!context) return;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const y = (value) => height - 1 - (Math.min(Math.max(value, 0), look.top) / look.top) * (height - 2);
  context.clearRect(0, 0, width, height);
  context.fillStyle = look.rest;
  context.fillRect(0, height - 1, width, 1);
  if (!track) return;
  context.beginPath();
  // The highest of the points that share a pixel: a blink must not fall between two.
  let column = -1;
  let peak = 0;
  let before = Infinity;
  const put = (ago) => {
    if (column < 0) return;
    if (before - ago > PAUSE_S) context.moveTo(column, y(peak));
    else context.lineTo(column, y(peak));
    before = ago;
  };
  let last = 0;
  track.each(au, now, (ago, value) => {
    if (Number.isNaN(value)) return;
    const x = Math.round(width * (1 - ago / SECONDS));
    if (x !== column) {
      put(last);
      column = x;
      peak = value;
    } else peak = Math.max(peak, value);
    last = ago;
  });
  put(last);
  context.strokeStyle = look.line;
  context.lineWidth = 1.25;
  context.stroke();
}
