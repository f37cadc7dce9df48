/*
 * The ops that are no matrix product: each with its shape, its way up and its way down.
 *
 * Their form is described in 20-windows.js. Biases take no part in the way down.
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

/**
 * Return the switches: a function of map, row and column of a max pool's output that says where in
 * the input its maximum is, the first one where several tie.
 */
function switchesOf({ kernel, stride, padding, dilation }, { data, shape: [, height, width] }) {
  const [top, left] = padding;
  const [down, right] = dilation;
  return (map, row, column) => {
    let best = -Infinity;
    let at = 0;
    for (let i = 0, y = row * stride[0] - top; i < kernel[0]; i++, y += down) {
      if (y < 0 || y >= height) continue;
      const start = (map * height + y) * width;
      for (let j = 0, x = column * stride[1] - left; j < kernel[1]; j++, x += right) {
        if (x < 0 || x >= width || data[start + x] <= best) continue;
        at = start + x;
        best = data[at];
      }
    }
    return at;
  };
}

/** Call `visit(n, map, row, column)` for every place n of maps. */
function eachPlace([maps, rows, columns], visit) {
  for (let map = 0, n = 0; map < maps; map++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, n++) visit(n, map, row, column);
    }
  }
}

const MAX_POOL = {
  shape: (node, [shape]) => windowShape(node, shape),
  keeps: 'input',
  up(node, [input], output) {
    const maximum = switchesOf(node, input);
    eachPlace(output.shape, (n, map, row, column) => {
      output.data[n] = input.data[maximum(map, row, column)];
    });
  },
  down(node, signal, [below], room, { inputs: [input] }) {
    const maximum = switchesOf(node, input);
    eachPlace(signal.shape, (n, map, row, column) => {
      if (signal.data[n] !== 0) below.data[maximum(map, row, column)] += signal.data[n];
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
