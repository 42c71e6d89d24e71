// Scene messages: see realtime/page/scene.py, which writes them.

const MESH_UNIT = 4;
const text = new TextDecoder();

/**
 * @typedef {object} Scene
 * @property {object} result the `frame.` message of the wire format
 * @property {Int16Array[]} meshes x, y, x, y, … of each face, in fourths of a pixel of the whole picture
 * @property {Blob | null} picture JPEG
 * @property {number | undefined} position of a recording's frame, from 1
 */

/** @param {ArrayBuffer} buffer @returns {Scene} */
export function parseScene(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(text.decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const meshes = header.meshes.map((points) => {
    const mesh = new Int16Array(buffer, at, points * 2);
    at += points * 4;
    return mesh;
  });
  const picture = header.picture ? new Blob([new Uint8Array(buffer, at, header.picture)], { type: "image/jpeg" }) : null;
  return { result: header.result, meshes, picture, position: header.position ?? undefined, total: header.total ?? undefined };
}

/** @param {Int16Array} mesh @param {number} point */
export const meshX = (mesh, point) => mesh[2 * point] / MESH_UNIT;
/** @param {Int16Array} mesh @param {number} point */
export const meshY = (mesh, point) => mesh[2 * point + 1] / MESH_UNIT;
