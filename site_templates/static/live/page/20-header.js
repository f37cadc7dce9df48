// The first bytes of a picture: how large it is and whether it moves, before it is decoded.
const MOST_PIXELS = 89478485; // as where the gallery's images are read

/** Read width, height and whether there are several frames; null where the format is not known. */
function readHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (from, length) => String.fromCharCode(...bytes.subarray(from, from + length));
  try {
    if (text(0, 8) === "\x89PNG\r\n\x1a\n") return pngHeader(view, text);
    if (text(0, 4) === "GIF8") return gifHeader(view);
    if (text(0, 4) === "RIFF" && text(8, 4) === "WEBP") return webpHeader(view, text);
    if (view.getUint16(0) === 0xffd8) return jpegHeader(view);
    if (text(4, 8) === "ftypavis") return { moves: true };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it ends too early: decoding will say so
  }
  return null;
}

function pngHeader(view, text) {
  const found = { width: view.getUint32(16), height: view.getUint32(20), moves: false };
  for (let at = 8; text(at + 4, 4) !== "IDAT"; at += 12 + view.getUint32(at)) {
    if (text(at + 4, 4) === "acTL") found.moves = view.getUint32(at + 8) > 1;
  }
  return found;
}

function jpegHeader(view) {
  let at = 2;
  for (;;) {
    const marker = view.getUint8(at + 1);
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame)
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), moves: false };
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
}

function gifHeader(view) {
  const found = { width: view.getUint16(6, true), height: view.getUint16(8, true), moves: false };
  const table = (flags) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + table(view.getUint8(10));
  let frames = 0;
  while (at < view.byteLength && view.getUint8(at) !== 0x3b) {
    if (view.getUint8(at) === 0x2c) {
      frames += 1;
      at += 11 + table(view.getUint8(at + 9)); // the image's own colours, and the size of its codes
    } else {
      at += 2;
    }
    found.moves = frames > 1;
    if (found.moves) break;
    while (at < view.byteLength && view.getUint8(at)) at += 1 + view.getUint8(at);
    at += 1;
  }
  return found;
}

function webpHeader(view, text) {
  const kind = text(12, 4);
  const three = (at) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16) + 1;
  if (kind === "VP8X")
    return { width: three(24), height: three(27), moves: (view.getUint8(20) & 2) > 0 };
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1, moves: false };
  }
  return {
    width: view.getUint16(26, true) & 0x3fff,
    height: view.getUint16(28, true) & 0x3fff,
    moves: false,
  };
}
