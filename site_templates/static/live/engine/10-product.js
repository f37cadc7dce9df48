/*
 * The matrix product that every convolution is, and the memory that its numbers lie in.
 *
 * In WebAssembly with SIMD, or in plain JavaScript where a browser lacks that; the rest of the engine
 * sees no difference. Only packed weights, and what one op works on, lie in this memory: maps are
 * ordinary arrays, so that memory that grows moves nothing that anybody else looks at.
 */

const BLOCK = 8; // places that the product takes at once
const TILE = 4; // rows of weights that it takes at once
const PAGE = 65536; // bytes by which WebAssembly's memory grows

const aligned = (count) => Math.ceil(count / TILE) * TILE;

/**
 * Return the product. Addresses count numbers (f32 or i32) from the start of `numbers()`.
 *
 * `columns(from, places, taps, pixels, blocks, k)` copies windows, pixels [blocks][k][8], of what lies
 * at `from` + a place [blocks][8] + a tap [k], which are whole numbers.
 * `multiply(weights, pixels, out, tiles, blocks, k, stride, floor, ceiling)` writes
 * out [4 · tiles][8 · blocks], a row every `stride` numbers, from weights [tiles][1 + k][4], of which
 * the first 4 are what the sums start with, and pixels; all is clamped at the end.
 * `largest(pixels, out, which, blocks, k)` writes the largest of each column, out [blocks][8], and
 * which of the k it is, the first where several tie: numbers, which [blocks][8].
 */
function makeProduct(kernel) {
  const machine = simdMachine(kernel) || plainMachine();
  let used = 0;
  let scratch = { at: 0, count: 0 };
  const product = {
    ...machine,
    /** Return all the memory as f32 or i32. Another array after each `allocate` or `lay`. */
    numbers: () => new Float32Array(machine.buffer()),
    whole: () => new Int32Array(machine.buffer()),
    /** Return the address of so many numbers, which stay. */
    allocate(count) {
      const at = used;
      const needed = at + aligned(count);
      try {
        machine.grow(needed);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new Error('This browser has not enough memory for this network.');
      }
      used = needed;
      return at;
    },
    /** Return addresses of so many numbers each, which the next caller overwrites. */
    lay(...counts) {
      const count = counts.reduce((sum, each) => sum + aligned(each), 0);
      if (count > scratch.count) scratch = { at: product.allocate(count), count };
      let at = scratch.at;
      return counts.map((each) => (at += aligned(each)) - aligned(each));
    },
  };
  return product;
}

/** Return the kernel's machine, or null where the browser knows no SIMD or forbids WebAssembly. */
function simdMachine(kernel) {
  if (typeof WebAssembly === 'undefined') return null;
  const bytes = Uint8Array.from(atob(kernel), (character) => character.charCodeAt(0));
  const memory = new WebAssembly.Memory({ initial: 1 });
  let kernels;
  try {
    kernels = new WebAssembly.Instance(new WebAssembly.Module(bytes), { engine: { memory } }).exports;
  } catch (error) {
    return null; // each browser has its own error for a refusal, and the answer is the same
  }
  return {
    simd: true,
    buffer: () => memory.buffer,
    grow(count) {
      const missing = Math.ceil((4 * count - memory.buffer.byteLength) / PAGE);
      if (missing > 0) memory.grow(missing);
    },
    multiply: (weights, pixels, out, tiles, blocks, k, stride, floor, ceiling) =>
      kernels.multiply(4 * weights, 4 * pixels, 4 * out, tiles, blocks, k, 4 * stride, floor, ceiling),
    columns: (from, places, taps, pixels, blocks, k) =>
      kernels.columns(4 * from, 4 * places, 4 * taps, 4 * pixels, blocks, k),
    largest: (pixels, out, which, blocks, k) =>
      kernels.largest(4 * pixels, 4 * out, 4 * which, blocks, k),
  };
}

/** Return the same in plain JavaScript. */
function plainMachine() {
  let view = new Float32Array(PAGE / 4);
  return {
    simd: false,
    buffer: () => view.buffer,
    grow(count) {
      if (count <= view.length) return;
      const larger = new Float32Array(Math.max(count, 2 * view.length));
      larger.set(view);
      view = larger;
    },
    multiply: (...sizes) => plainProduct(view, ...sizes),
    columns: (...sizes) => plainColumns(view, new Int32Array(view.buffer), ...sizes),
    largest: (...sizes) => plainLargest(view, ...sizes),
  };
}

function plainColumns(numbers, whole, from, places, taps, pixels, blocks, k) {
  for (let block = 0; block < blocks; block++) {
    for (let tap = 0; tap < k; tap++) {
      for (let lane = 0; lane < BLOCK; lane++) {
        numbers[pixels++] = numbers[from + whole[places + BLOCK * block + lane] + whole[taps + tap]];
      }
    }
  }
}

function plainLargest(numbers, pixels, out, which, blocks, k) {
  for (let column = 0; column < BLOCK * blocks; column++) {
    const first = pixels + (column - (column % BLOCK)) * k + (column % BLOCK);
    let [largest, tap] = [-Infinity, 0];
    for (let n = 0; n < k; n++) {
      if (numbers[first + BLOCK * n] > largest) [largest, tap] = [numbers[first + BLOCK * n], n];
    }
    numbers[out + column] = largest;
    numbers[which + column] = tap;
  }
}

/** The kernel's twin: 4 rows × 2 columns at a time, in double precision. */
function plainProduct(numbers, weights, pixels, out, tiles, blocks, k, stride, floor, ceiling) {
  const clamped = (value) => Math.min(Math.max(value, floor), ceiling);
  for (let tile = 0; tile < tiles; tile++, weights += TILE * (1 + k), out += TILE * stride) {
    for (let column = 0; column < BLOCK * blocks; column += 2) {
      let pixel = pixels + (column - (column % BLOCK)) * k + (column % BLOCK);
      let a = numbers[weights];
      let b = numbers[weights + 1];
      let c = numbers[weights + 2];
      let d = numbers[weights + 3];
      let [e, f, g, h] = [a, b, c, d];
      const end = weights + TILE * (1 + k);
      for (let at = weights + TILE; at < end; at += TILE, pixel += BLOCK) {
        const left = numbers[pixel];
        const right = numbers[pixel + 1];
        a += numbers[at] * left;
        b += numbers[at + 1] * left;
        c += numbers[at + 2] * left;
        d += numbers[at + 3] * left;
        e += numbers[at] * right;
        f += numbers[at + 1] * right;
        g += numbers[at + 2] * right;
        h += numbers[at + 3] * right;
      }
      const to = out + column;
      numbers[to] = clamped(a);
      numbers[to + 1] = clamped(e);
      numbers[to + stride] = clamped(b);
      numbers[to + stride + 1] = clamped(f);
      numbers[to + 2 * stride] = clamped(c);
      numbers[to + 2 * stride + 1] = clamped(g);
      numbers[to + 3 * stride] = clamped(d);
      numbers[to + 3 * stride + 1] = clamped(h);
    }
  }
}
