/*
 * The matrix product that every convolution is, and the memory that its numbers lie in.
 *
 * In WebAssembly with SIMD, or in plain JavaScript where a browser lacks that; the rest of the engine
 * sees no difference. Only packed weights and one strip of pixels lie in this memory: maps are
 * ordinary arrays, so that memory that grows moves nothing that anybody else looks at.
 */

const BLOCK = 8; // places that the product takes at once
const TILE = 4; // rows of weights that it takes at once
const PAGE = 65536; // bytes by which WebAssembly's memory grows

/**
 * Return the product. Addresses count numbers (f32) from the start of `numbers()`.
 *
 * `multiply(weights, pixels, out, tiles, blocks, k, stride, floor, ceiling)` writes
 * out [4 · tiles][8 · blocks], a row every `stride` numbers, from weights [tiles][1 + k][4], of which
 * the first 4 are what the sums start with, and pixels [blocks][k][8]; all is clamped at the end.
 */
function makeProduct(kernel) {
  const machine = simdMachine(kernel) || plainMachine();
  let used = 0;
  let scratch = { at: 0, count: 0 };
  const product = {
    simd: machine.simd,
    multiply: machine.multiply,
    /** Return all the memory: Float32Array. Another one after each `allocate` or `scratch`. */
    numbers: machine.numbers,
    /** Return the address of so many numbers, which stay. */
    allocate(count) {
      const at = used;
      const needed = at + Math.ceil(count / TILE) * TILE;
      try {
        machine.grow(needed);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new Error('This browser has not enough memory for this network.');
      }
      used = needed;
      return at;
    },
    /** Return the address of at least so many numbers, which the next caller overwrites. */
    scratch(count) {
      if (count > scratch.count) scratch = { at: product.allocate(count), count };
      return scratch.at;
    },
  };
  return product;
}

/** Return the kernel's machine, or null where the browser knows no SIMD or forbids WebAssembly. */
function simdMachine(kernel) {
  if (typeof WebAssembly === 'undefined') return null;
  const bytes = Uint8Array.from(atob(kernel), (character) => character.charCodeAt(0));
  const memory = new WebAssembly.Memory({ initial: 1 });
  let run;
  try {
    run = new WebAssembly.Instance(new WebAssembly.Module(bytes), { engine: { memory } }).exports
      .multiply;
  } catch (error) {
    return null; // each browser has its own error for a refusal, and the answer is the same
  }
  let view = new Float32Array(memory.buffer);
  return {
    simd: true,
    numbers: () => view,
    grow(count) {
      if (count <= view.length) return;
      memory.grow(Math.ceil((4 * count) / PAGE) - memory.buffer.byteLength / PAGE);
      view = new Float32Array(memory.buffer);
    },
    multiply: (weights, pixels, out, tiles, blocks, k, stride, floor, ceiling) =>
      run(4 * weights, 4 * pixels, 4 * out, tiles, blocks, k, 4 * stride, floor, ceiling),
  };
}

/** Return the same in plain JavaScript. */
function plainMachine() {
  let view = new Float32Array(PAGE / 4);
  return {
    simd: false,
    numbers: () => view,
    grow(count) {
      if (count <= view.length) return;
      const larger = new Float32Array(Math.max(count, 2 * view.length));
      larger.set(view);
      view = larger;
    },
    multiply: (...sizes) => plainProduct(view, ...sizes),
  };
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
