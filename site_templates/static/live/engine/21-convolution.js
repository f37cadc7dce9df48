/*
 * Convolutions. A transposed one is a convolution the other way round: it scatters going up.
 *
 * An op's `up(node, inputs, output, room)` fills the output; its `down(node, signal, below, room, past)`
 * adds to the signals below. A map is {data, shape: [c, h, w]}, `room` has the product and the arrays,
 * `past` is {rule, inputs, output}. Of maps of the way up, `down` reads what `keeps` names: 'input' or
 * 'output'.
 */

/** Return the weights [narrow maps][taps] of a node, packed for a way; `scaleOf` its scale. */
function packedWeights(node, way, product, scaleOf) {
  node.packed = node.packed || {};
  if (!node.packed[way]) {
    const { data, shape } = node.weight;
    const taps = shape[1] * shape[2] * shape[3];
    const maps = shape[0] / node.groups;
    const value = (map, tap) => data[map * taps + tap] * node.scale.data[scaleOf(map, tap)];
    const start = (group, row) => (node.bias ? node.bias.data[group * maps + row] : 0);
    node.packed[way] =
      way === 'gather'
        ? packed(
            product,
            node.groups,
            maps,
            taps,
            (g, row, k) => value(g * maps + row, k),
            node.op === 'convolution' ? start : () => 0,
          )
        : packed(
            product,
            node.groups,
            taps,
            maps,
            (g, row, k) => value(g * maps + k, row),
            () => 0,
          );
  }
  return node.packed[way];
}

/** Read wide maps through a node's windows into narrow ones. */
function gatherThrough(node, wide, narrow, room, scaleOf, floor, ceiling) {
  const [, maps, ...kernel] = node.weight.shape;
  const windows = windowsOf(kernel, node, maps, wide.shape, narrow.shape);
  const weights = packedWeights(node, 'gather', room.product, scaleOf);
  gather(room.product, weights, wide, windows, narrow, floor, ceiling);
}

/** Add to wide maps what narrow ones send through a node's windows. */
function scatterThrough(node, narrow, wide, room, scaleOf) {
  const [, maps, ...kernel] = node.weight.shape;
  const windows = windowsOf(kernel, node, maps, wide.shape, narrow.shape);
  const weights = packedWeights(node, 'scatter', room.product, scaleOf);
  const length = wide.shape[0] * windows.rows * windows.columns;
  const padded = length === wide.data.length ? wide.data : room.take(length).fill(0);
  scatter(room.product, weights, narrow, windows, padded);
  if (padded === wide.data) return;
  addInside(padded, wide, windows);
  room.give(padded);
}

/** Return whether a convolution's only window is the whole map: a fully connected layer. */
const isDense = ({ groups, kernel, padding, behind }, { shape: [, ...size] }) =>
  groups === 1 && String(size) === String(kernel) && Math.max(...padding, ...behind) === 0;

const CONVOLUTION = {
  shape: (node, [shape]) => windowShape(node, shape, node.scale.data.length),
  up(node, [input], output, room, floor = -Infinity, ceiling = Infinity) {
    if (isDense(node, input)) return dense(node, input, output, floor, ceiling);
    return gatherThrough(node, input, output, room, (map) => map, floor, ceiling);
  },
  down(node, signal, [below], room) {
    if (isDense(node, below)) return denseBack(node, signal, below);
    return scatterThrough(node, signal, below, room, (map) => map);
  },
};

/** Go up through a fully connected layer, straight from its many 8-bit weights [o][i]. */
function dense({ weight, scale, bias }, input, output, floor, ceiling) {
  const taps = input.data.length;
  for (let map = 0, at = 0; map < output.data.length; map++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++, at++) sum += weight.data[at] * input.data[tap];
    const value = sum * scale.data[map] + (bias ? bias.data[map] : 0);
    output.data[map] = Math.min(Math.max(value, floor), ceiling);
  }
}

/** Go down through it. */
function denseBack({ weight, scale }, signal, below) {
  const taps = below.data.length;
  for (let map = 0; map < signal.data.length; map++) {
    const share = signal.data[map] * scale.data[map];
    if (share === 0) continue;
    for (let tap = 0; tap < taps; tap++) below.data[tap] += share * weight.data[map * taps + tap];
  }
}

/** Return which of a transposed convolution's scales, one a wide map, a weight has. */
const wideScale =
  ({ weight: { shape }, groups }) =>
  (map, tap) =>
    Math.floor((map * groups) / shape[0]) * shape[1] + Math.floor(tap / (shape[2] * shape[3]));

const TRANSPOSED_CONVOLUTION = {
  shape: ({ weight, scale, stride, padding, dilation, extra }, [[, ...size]]) => [
    scale.data.length,
    ...size.map((length, axis) => {
      const span = dilation[axis] * (weight.shape[2 + axis] - 1) + 1;
      return (length - 1) * stride[axis] - 2 * padding[axis] + span + extra[axis];
    }),
  ],
  up(node, [input], output, room) {
    const [maps, rows, columns] = output.shape;
    for (let map = 0, area = rows * columns; map < maps; map++) {
      output.data.fill(node.bias ? node.bias.data[map] : 0, map * area, (map + 1) * area);
    }
    scatterThrough(node, input, output, room, wideScale(node));
  },
  down(node, signal, [below], room) {
    const made = { data: room.take(below.data.length), shape: below.shape };
    gatherThrough(node, signal, made, room, wideScale(node), -Infinity, Infinity);
    for (let n = 0; n < made.data.length; n++) below.data[n] += made.data[n];
    room.give(made.data);
  },
};
