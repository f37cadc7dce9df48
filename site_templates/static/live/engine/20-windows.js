/*
 * Windows over maps: convolutions as matrix products, up and down.
 *
 * A convolution reads a *wide* map through windows and makes one place of a *narrow* map of each.
 * Going up it gathers: window by window into columns (im2col), then the product. Going down it
 * scatters: the product with the transposed weights, then each column back into its window, where
 * values that meet add up (col2im). A transposed convolution is the same the other way round.
 */

const STRIP = 1 << 17; // numbers of a strip of columns: within a core's cache

/** Return how many places windows have along an axis of this length: 0 rows, 1 columns. */
function placesAlong(node, axis, length) {
  const { kernel, stride, padding, dilation = [1, 1], behind = [0, 0], rounds_up: up } = node;
  const span = dilation[axis] * (kernel[axis] - 1) + 1;
  const room = length + 2 * padding[axis] + behind[axis] - span;
  const places = Math.floor(room / stride[axis]) + 1;
  // A last window may end outside of the map, but begins inside of it or of the padding before it.
  const more = up && room % stride[axis] > 0 && places * stride[axis] < length + padding[axis];
  return more ? places + 1 : places;
}

/** Return an op's output shape [maps, h, w] from that of its input, by its windows. */
function windowShape(node, shape, maps = shape[0]) {
  return [maps, placesAlong(node, 0, shape[1]), placesAlong(node, 1, shape[2])];
}

/**
 * Return where windows read in padded wide maps [rows][columns]: `taps` are the offsets of one
 * window's values in a group of maps, `places` the offsets of the windows.
 */
function windowsOf(kernel, node, maps, wide, narrow) {
  const { stride, padding, dilation } = node;
  const [rows, columns] = [0, 1].map((axis) => {
    const reach = (narrow[1 + axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1;
    return Math.max(padding[axis] + wide[1 + axis], reach);
  });
  const taps = new Int32Array(maps * kernel[0] * kernel[1]);
  for (let map = 0, tap = 0; map < maps; map++) {
    for (let row = 0; row < kernel[0]; row++) {
      for (let column = 0; column < kernel[1]; column++, tap++) {
        taps[tap] = (map * rows + row * dilation[0]) * columns + column * dilation[1];
      }
    }
  }
  const places = new Int32Array(narrow[1] * narrow[2]);
  for (let row = 0, place = 0; row < narrow[1]; row++) {
    for (let column = 0; column < narrow[2]; column++, place++) {
      places[place] = row * stride[0] * columns + column * stride[1];
    }
  }
  return { taps, places, rows, columns, padding, step: maps * rows * columns };
}

/** Call `visit(at, inside)` for each row of wide maps: where it begins there and in padded ones. */
function eachRow([maps, height, width], { rows, columns, padding }, visit) {
  for (let map = 0; map < maps; map++) {
    for (let row = 0; row < height; row++) {
      visit((map * height + row) * width, (map * rows + padding[0] + row) * columns + padding[1]);
    }
  }
}

/** Copy wide maps into padded ones. */
function padInto(padded, { data, shape }, windows) {
  const width = shape[2];
  eachRow(shape, windows, (at, inside) => padded.set(data.subarray(at, at + width), inside));
}

/** Add what lies inside of padded maps to wide ones. */
function addInside(padded, { data, shape }, windows) {
  const width = shape[2];
  eachRow(shape, windows, (at, inside) => {
    for (let n = 0; n < width; n++) data[at + n] += padded[inside + n];
  });
}

/** Pack a matrix for the product, for each group; `value(group, row, k)`, `start(group, row)`. */
function packed(product, groups, rows, k, value, start) {
  const tiles = Math.ceil(rows / TILE);
  const size = tiles * TILE * (1 + k);
  const at = product.allocate(groups * size);
  const numbers = product.numbers();
  for (let group = 0; group < groups; group++) {
    for (let row = 0; row < TILE * tiles; row++) {
      let to = at + group * size + (row - (row % TILE)) * (1 + k) + (row % TILE);
      numbers[to] = row < rows ? start(group, row) : 0;
      for (let n = 0; n < k; n++) numbers[(to += TILE)] = row < rows ? value(group, row, n) : 0;
    }
  }
  return { at, tiles, size, rows, k, groups };
}

/** Lay places, as many as fill blocks, and taps into the product's memory. */
function layWindows(product, { places, taps }, at, atTaps) {
  const whole = product.whole();
  whole.set(places, at);
  whole.fill(places[places.length - 1], at + places.length, at + inBlocks(places.length));
  whole.set(taps, atTaps);
}

const inBlocks = (count) => BLOCK * Math.ceil(count / BLOCK);

/** Fill narrow maps: the product of the weights with the windows of wide maps. */
function gather(product, weights, wide, windows, narrow, floor, ceiling) {
  const { step } = windows;
  const { at, tiles, size, rows, k, groups } = weights;
  const count = windows.places.length;
  const stride = inBlocks(count);
  const most = Math.max(1, Math.floor(STRIP / BLOCK / k)); // blocks
  const sizes = [groups * step, stride, k, most * BLOCK * k, TILE * tiles * stride];
  const [padded, places, taps, pixels, out] = product.lay(...sizes);
  const numbers = product.numbers();
  layWindows(product, windows, places, taps);
  padInto(numbers.subarray(padded, padded + groups * step).fill(0), wide, windows);
  for (let group = 0; group < groups; group++) {
    for (let first = 0; first < stride; first += most * BLOCK) {
      const blocks = Math.min(most, (stride - first) / BLOCK);
      product.columns(padded + group * step, places + first, taps, pixels, blocks, k);
      const to = out + first;
      product.multiply(at + group * size, pixels, to, tiles, blocks, k, stride, floor, ceiling);
    }
    for (let row = 0; row < rows; row++) {
      const made = numbers.subarray(out + row * stride, out + row * stride + count);
      narrow.data.set(made, (group * rows + row) * count);
    }
  }
}

/** Add to padded maps what narrow maps send into their windows. Blocks of zeros send nothing. */
function scatter(product, weights, narrow, windows, padded) {
  const { taps, places, step } = windows;
  const { at, tiles, size, rows, k, groups } = weights;
  const lanes = new Int32Array(places.length);
  const most = Math.max(1, Math.floor(STRIP / BLOCK / Math.max(k, TILE * tiles))); // blocks
  const [pixels, out] = product.lay(most * BLOCK * k, most * BLOCK * TILE * tiles);
  const numbers = product.numbers();
  const strip = (group, first) => {
    const start = group * k * places.length;
    let blocks = 0;
    let used = 0; // lanes
    for (; blocks < most && first < places.length; first += BLOCK) {
      const width = Math.min(BLOCK, places.length - first);
      const to = pixels + blocks * BLOCK * k;
      if (!copyPlaces(narrow.data, start + first, places.length, width, numbers, to, k)) continue;
      for (let n = 0; n < width; n++) lanes[used++] = group * step + places[first + n];
      blocks++;
    }
    if (blocks === 0) return first;
    const stride = blocks * BLOCK;
    product.multiply(at + group * size, pixels, out, tiles, blocks, k, stride, -Infinity, Infinity);
    for (let row = 0; row < rows; row++) {
      addWindows(numbers, out + row * stride, padded, taps[row], lanes, used);
    }
    return first;
  };
  for (let group = 0; group < groups; group++) {
    for (let first = 0; first < places.length; ) first = strip(group, first);
  }
}

/** Copy up to 8 places of k maps into a block [k][8]; return whether any is not zero. */
function copyPlaces(data, from, step, width, numbers, to, k) {
  let any = false;
  for (let map = 0; map < k; map++, from += step, to += BLOCK) {
    for (let n = 0; n < BLOCK; n++) {
      const value = n < width ? data[from + n] : 0;
      numbers[to + n] = value;
      if (value !== 0) any = true;
    }
  }
  return any;
}

/** Add one tap of many windows to padded maps. */
function addWindows(numbers, from, padded, tap, lanes, count) {
  for (let n = 0; n < count; n++) padded[tap + lanes[n]] += numbers[from + n];
}
