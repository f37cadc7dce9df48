// Names: probabilities of the classes, and the filters that speak for the first one.

/** Probabilities [classes] of scores [classes], in doubles. */
function softmax(scores) {
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const odds = Float64Array.from(scores, (score) => Math.exp(score - highest));
  const total = odds.reduce((sum, one) => sum + one, 0);
  return odds.map((one) => one / total);
}

/** The five most probable classes, [[class, probability]…]; of equals the lower number first. */
function fiveBest(probabilities) {
  const order = Array.from(probabilities, (_, number) => number);
  order.sort((one, other) => probabilities[other] - probabilities[one] || one - other);
  return order.slice(0, 5).map((number) => [number, probabilities[number]]);
}

/** Refuse what needs classes where there are none, or where the head's weights are missing. */
function needClasses(live) {
  const { classes, output, no_output: reason } = live.network;
  if (output === null || !classes.length) {
    throw new Error(`This network has no classes.${reason ? ` ${reason}` : ""}`);
  }
  if (!live.engine.has(output)) {
    throw new Error(
      "The weights behind the last layer, which name the picture, have not come yet.",
    );
  }
}

/** Refuse a class that is not there. */
function needClass(live, number) {
  needClasses(live);
  if (!Number.isInteger(number) || !live.network.classes[number]) {
    throw new Error(
      `There is no class ${number}; the classes are 0 to ${live.network.classes.length - 1}.`,
    );
  }
}

/** Probabilities [classes], in doubles, of a picture of input size. */
function probabilitiesOf(live, picture) {
  return softmax(forward(live, picture, live.network.output).value(live.network.output).data);
}

/**
 * What each map of the last layer adds to a class's score [maps]: the sum over its places of
 * gradient × activation.
 */
function contributions(live, run, number) {
  const { value } = live.network.layers[live.network.layers.length - 1];
  const signal = new Float32Array(live.network.classes.length);
  signal[number] = 1;
  const gradient = run.down(live.network.output, signal, "gradient", value);
  const { data, shape } = run.value(value);
  const plane = shape[1] * shape[2];
  return Float64Array.from({ length: shape[0] }, (_, map) => {
    let sum = 0;
    for (let at = map * plane; at < (map + 1) * plane; at++) sum += gradient[at] * data[at];
    return sum;
  });
}

const KEEP_MAPS_APART = ["scaling", "average_pool", "selection", "concatenation", "interpolation"];
const MIX_MAPS = ["convolution", "transposed_convolution", "sum", "gather"];

/**
 * Whether contributions are exact: the score is their sum and a number that no picture changes. It
 * is where the head is linear, but for max pools on maps that each come from one filter.
 */
function contributionsAreExact(network, value) {
  const needed = new Set([network.output]);
  const head = [];
  for (const node of [...network.nodes].reverse()) {
    if (node.output <= value || !needed.has(node.output)) continue;
    node.inputs.forEach((input) => needed.add(input));
    head.unshift(node);
  }
  const apart = new Map([[value, true]]); // for each value made of the layer's alone
  return head.every((node) => {
    if (!node.inputs.every((input) => apart.has(input))) return false;
    const separate = node.inputs.every((input) => apart.get(input));
    apart.set(node.output, separate && !MIX_MAPS.includes(node.op));
    if (node.op === "max_pool") return separate;
    return KEEP_MAPS_APART.includes(node.op) || MIX_MAPS.includes(node.op);
  });
}

/** The answer to `name`. */
function nameOf(live, picture) {
  needClasses(live);
  const { layers, output } = live.network;
  const layer = layers[layers.length - 1];
  const run = forward(live, picture, [layer.value, output]);
  const probabilities = softmax(run.value(output).data);
  const top = fiveBest(probabilities);
  const speaks = Array.from(contributions(live, run, top[0][0]).subarray(0, layer.filters))
    .map((contribution, filter) => ({ layer: layer.name, filter, contribution }))
    .filter(({ contribution }) => contribution > 0)
    .sort((one, other) => other.contribution - one.contribution || one.filter - other.filter)
    .slice(0, 9);
  const exact = contributionsAreExact(live.network, layer.value);
  return { probabilities: Float32Array.from(probabilities), top, speaks, exact };
}
