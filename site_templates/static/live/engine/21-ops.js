/*
 * The ops that are no matrix product: each with its shape, its way up and its way down.
 *
 * Their form is described in 21-convolution.js. Biases take no part in the way down.
 */

const sameShape = (node, [shape]) => shape;

/** Return runs [to, from, count]: places in a row of the output and what a tap reads for them. */
function runsOf(node, [, height, width], [, rows, columns]) {
  const { kernel, stride, padding, dilation = [1, 1] } = node;
  const runs = [];
  for (let row = 0; row < rows; row++) {
    for (let down = 0; down < kernel[0]; down++) {
      const y = row * stride[0] - padding[0] + down * dilation[0];
      if (y < 0 || y >= height) continue;
      for (let right = 0; right < kernel[1]; right++) {
        const x = right * dilation[1] - padding[1];
        const first = Math.max(0, Math.ceil(-x / stride[1]));
        const last = Math.min(columns - 1, Math.floor((width - 1 - x) / stride[1]));
        const from = y * width + x + first * stride[1];
        if (first <= last) runs.push([row * columns + first, from, last - first + 1]);
      }
    }
  }
  return runs;
}

const area = ([, rows, columns]) => rows * columns;

/** Call `visit(map, windows, out, which)` where the largest of each window, and its tap, lie. */
function eachMaximum({ kernel, ...node }, wide, narrow, product, visit) {
  const [, height, width] = wide.shape;
  const shape = [1, height, width];
  const windows = windowsOf(kernel, node, 1, shape, narrow.shape);
  const [k, stride] = [windows.taps.length, inBlocks(windows.places.length)];
  const sizes = [windows.step, stride, k, stride * k, stride, stride];
  const [padded, places, taps, pixels, out, which] = product.lay(...sizes);
  const inside = product.numbers().subarray(padded, padded + windows.step).fill(-Infinity);
  layWindows(product, windows, places, taps);
  for (let map = 0; map < narrow.shape[0]; map++) {
    const data = wide.data.subarray(map * height * width, (map + 1) * height * width);
    padInto(inside, { data, shape }, windows);
    product.columns(padded, places, taps, pixels, stride / BLOCK, k);
    product.largest(pixels, out, which, stride / BLOCK, k);
    visit(map, windows, out, which);
  }
}

const MAX_POOL = {
  shape: (node, [shape]) => windowShape(node, shape),
  keeps: 'input',
  up(node, [input], output, { product }) {
    eachMaximum(node, input, output, product, (map, { places: { length } }, out) => {
      output.data.set(product.numbers().subarray(out, out + length), map * length);
    });
  },
  /** A window's signal goes to where its maximum was, the first one where several tie. */
  down(node, signal, [below], { product }, { inputs: [input] }) {
    const [, height, width] = below.shape;
    eachMaximum(node, input, signal, product, (map, windows, out, which) => {
      const { places, taps, columns, padding } = windows;
      const numbers = product.numbers();
      for (let place = 0; place < places.length; place++) {
        const value = signal.data[map * places.length + place];
        if (value === 0) continue;
        const at = places[place] + taps[numbers[which + place]];
        const row = map * height + Math.floor(at / columns) - padding[0];
        below.data[row * width + (at % columns) - padding[1]] += value;
      }
    });
  },
};

const AVERAGE_POOL = {
  shape: (node, [shape]) => windowShape(node, shape),
  up(node, [input], output) {
    const share = 1 / (node.kernel[0] * node.kernel[1]);
    output.data.fill(0);
    moved(node, input, output, (to, from) => (output.data[to] += share * input.data[from]));
  },
  down(node, signal, [below]) {
    const share = 1 / (node.kernel[0] * node.kernel[1]);
    moved(node, below, signal, (to, from) => (below.data[from] += share * signal.data[to]));
  },
};

/** Call `visit(to, from)` for every value that a window reads; map m reads map `maps[m]`. */
function moved(node, input, output, visit, maps = null) {
  const runs = runsOf(node, input.shape, output.shape);
  const [here, there] = [area(input.shape), area(output.shape)];
  for (let map = 0; map < output.shape[0]; map++) {
    const source = maps ? maps[map] : map;
    if (source < 0) continue;
    for (const [to, from, count] of runs) {
      for (let n = 0; n < count; n++) {
        visit(map * there + to + n, source * here + from + n * node.stride[1]);
      }
    }
  }
}

const SELECTION = {
  shape: (node) => [node.maps.data.length, ...node.size],
  up(node, [input], output) {
    const visit = (to, from) => (output.data[to] = input.data[from]);
    output.data.fill(0);
    moved({ ...node, kernel: [1, 1] }, input, output, visit, node.maps.data);
  },
  down(node, signal, [below]) {
    const visit = (to, from) => (below.data[from] += signal.data[to]);
    moved({ ...node, kernel: [1, 1] }, below, signal, visit, node.maps.data);
  },
};

const GATHER = {
  shape: (node) => node.there,
  up({ places }, [input], output) {
    if (!places) return void output.data.set(input.data);
    places.data.forEach((from, to) => (output.data[to] = from < 0 ? 0 : input.data[from]));
  },
  down({ places }, signal, [below]) {
    signal.data.forEach((value, to) => {
      const from = places ? places.data[to] : to;
      if (from >= 0) below.data[from] += value;
    });
  },
};

const SCALING = {
  shape: sameShape,
  up({ gain, shift }, [input], output) {
    const size = area(input.shape);
    gain.data.forEach((factor, map) => {
      for (let n = map * size; n < (map + 1) * size; n++) {
        output.data[n] = input.data[n] * factor + shift.data[map];
      }
    });
  },
  down({ gain }, signal, [below]) {
    const size = area(signal.shape);
    gain.data.forEach((factor, map) => {
      for (let n = map * size; n < (map + 1) * size; n++) below.data[n] += signal.data[n] * factor;
    });
  },
};

const ceilingOf = (node) => (node.ceiling === null ? Infinity : node.ceiling);

const RELU = {
  shape: sameShape,
  keeps: 'output', // it is above 0 and below the ceiling exactly where the input is
  up(node, [input], output) {
    const ceiling = ceilingOf(node);
    for (let n = 0; n < input.data.length; n++) {
      output.data[n] = Math.min(Math.max(input.data[n], 0), ceiling);
    }
  },
  /** The one op where rules differ: deconvnet rectifies, gradient gates, guided does both. */
  down(node, signal, [below], room, { rule, output }) {
    const ceiling = ceilingOf(node);
    const gates = rule !== 'deconvnet';
    const lowest = rule === 'gradient' ? -Infinity : 0;
    for (let n = 0; n < signal.data.length; n++) {
      const open = !gates || (output.data[n] > 0 && output.data[n] < ceiling);
      if (open && signal.data[n] > lowest) below.data[n] += signal.data[n];
    }
  },
};

const SUM = {
  shape: sameShape,
  up({ factors }, inputs, output) {
    output.data.fill(0);
    inputs.forEach(({ data }, input) => {
      for (let n = 0; n < data.length; n++) output.data[n] += factors[input] * data[n];
    });
  },
  down({ factors }, signal, below) {
    below.forEach(({ data }, input) => {
      for (let n = 0; n < data.length; n++) data[n] += factors[input] * signal.data[n];
    });
  },
};

const CONCATENATION = {
  shape: (node, shapes) => [shapes.reduce((sum, [maps]) => sum + maps, 0), ...shapes[0].slice(1)],
  up(node, inputs, output) {
    let at = 0;
    for (const { data } of inputs) (output.data.set(data, at), (at += data.length));
  },
  down(node, signal, below) {
    let at = 0;
    for (const { data } of below) {
      for (let n = 0; n < data.length; n++) data[n] += signal.data[at++];
    }
  },
};
