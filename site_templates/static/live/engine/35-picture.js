// Pictures: RGBA bytes on the page; in the engine {data, height, width}, where `data` is a
// Float32Array [3, h, w] of numbers from 0 to 255.

/** Three planes of RGBA bytes [h, w, 4]; what is transparent lies on white. */
function planarPicture(bytes, height, width) {
  const plane = height * width;
  const data = new Float32Array(3 * plane);
  for (let map = 0; map < 3; map++) {
    for (let place = 0; place < plane; place++) {
      const opacity = bytes[4 * place + 3] / 255;
      data[map * plane + place] = bytes[4 * place + map] * opacity + 255 * (1 - opacity);
    }
  }
  return { data, height, width };
}

/** RGBA bytes [h, w, 4] of a picture: rounded, and clipped to 0…255. */
function rgbaBytes({ data, height, width }) {
  const plane = height * width;
  const bytes = new Uint8ClampedArray(4 * plane).fill(255);
  for (let map = 0; map < 3; map++) {
    for (let place = 0; place < plane; place++) bytes[4 * place + map] = data[map * plane + place];
  }
  return bytes;
}

/** A triangle filter, as wide as the reduction: [first place, weights] for each of `to` places. */
function triangles(from, to) {
  const reach = Math.max(1, from / to);
  return Array.from({ length: to }, (_, place) => {
    const middle = ((place + 0.5) * from) / to;
    const first = Math.max(0, Math.trunc(middle - reach + 0.5));
    const end = Math.min(from, Math.trunc(middle + reach + 0.5));
    const weights = [];
    for (let at = first; at < end; at++) {
      weights.push(Math.max(0, 1 - Math.abs(at + 0.5 - middle) / reach));
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return [first, weights.map((weight) => weight / total)];
  });
}

/** A picture at another size; bilinear, and over all pixels that merge where it shrinks. */
function resized(picture, height, width) {
  if (picture.height === height && picture.width === width) return picture;
  const down = triangles(picture.height, height);
  const right = triangles(picture.width, width);
  const narrow = new Float32Array(3 * picture.height * width);
  for (let line = 0; line < 3 * picture.height; line++) {
    for (let column = 0; column < width; column++) {
      const [first, weights] = right[column];
      let sum = 0;
      for (let n = 0; n < weights.length; n++) {
        sum += weights[n] * picture.data[line * picture.width + first + n];
      }
      narrow[line * width + column] = sum;
    }
  }
  const data = new Float32Array(3 * height * width);
  for (let map = 0; map < 3; map++) {
    for (let row = 0; row < height; row++) {
      const [first, weights] = down[row];
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (let n = 0; n < weights.length; n++) {
          sum += weights[n] * narrow[(map * picture.height + first + n) * width + column];
        }
        data[(map * height + row) * width + column] = sum;
      }
    }
  }
  return { data, height, width };
}

/**
 * Run the network on a picture as far as a value, or several; the run is good until the next.
 * `live` {engine, network, seen} remembers it, so that the same question is computed once.
 */
function forward(live, picture, value) {
  const key = String(value);
  if (live.seen && live.seen.picture === picture && live.seen.key === key) return live.seen.run;
  live.seen = null;
  const started = performance.now();
  const run = live.engine.run(picture.data, value, [picture.height, picture.width]);
  live.seen = { picture, key, run, milliseconds: performance.now() - started };
  return run;
}

/** Gradient [3, h, w] by the pixels, in units of 1/255, of the sum of signal × value. */
function pixelGradient(live, run, value, signal) {
  const normalised = run.down(value, signal, "gradient");
  const plane = normalised.length / 3;
  const gradient = new Float32Array(normalised.length);
  live.network.std.forEach((deviation, map) => {
    for (let at = map * plane; at < (map + 1) * plane; at++) {
      gradient[at] = normalised[at] / (255 * deviation);
    }
  });
  return gradient;
}
