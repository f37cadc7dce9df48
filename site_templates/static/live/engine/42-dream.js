// Dreaming: gradient ascent on the reader's picture. The steps are those of "Inceptionism"
// (Mordvintsev, Olah, Tyka, 2015): a shift at random, the gradient of the mean square of a layer's
// activations, divided by its mean size. The octaves are those of Keras's lesson "Deep Dream"
// (Chollet, 2016): from small to large, and what a picture loses by shrinking is put back.

const OCTAVE = 1.4; // from one size to the next
const SMALLEST = 32; // pixels; a side of an octave is no smaller
const SMALLEST_MAP = 4; // units; nor are a layer's maps

// Chosen by eye on photographs, with the embedded network: the whole layer, from the first of its
// five to the last; one filter of any; a class. Deep layers need a longer way, and more smoothing.
const LAYERS = [
  { steps: 10, rate: 0.7, variation: 0.1 },
  { steps: 10, rate: 1, variation: 0.1 },
  { steps: 10, rate: 2, variation: 0.1 },
  { steps: 10, rate: 2, variation: 0.2 },
  { steps: 15, rate: 3, variation: 0.2 },
];
const ONE_FILTER = { steps: 10, rate: 3, variation: 0.2 };
const ONE_CLASS = { steps: 10, rate: 3, variation: 0.2 };
const FOR_ALL = { octaves: 4, jitter: 16, seed: 1 };

/** What a dream does where the page does not say; layers by their place in the network. */
function dreamSettings({ layers }, target) {
  if (target.class !== undefined) return { ...FOR_ALL, ...ONE_CLASS };
  if (target.filter !== undefined) return { ...FOR_ALL, ...ONE_FILTER };
  const place = layers.findIndex(({ name }) => name === target.layer);
  const depth = layers.length > 1 ? place / (layers.length - 1) : 1;
  return { ...FOR_ALL, ...LAYERS[Math.round(depth * (LAYERS.length - 1))] };
}

/** The settings of whole layers by name, of a filter and of a class. */
function allDreamSettings(network) {
  const each = network.layers.map(({ name }) => [name, dreamSettings(network, { layer: name })]);
  const filter = dreamSettings(network, { filter: 0 });
  return { layers: Object.fromEntries(each), filter, class: dreamSettings(network, { class: 0 }) };
}

/** What is to rise, {value, below, filter, number, layer}, of what the page names. */
function dreamTarget(live, target) {
  if (target && target.class !== undefined) {
    needClass(live, target.class);
    return { value: live.network.output, number: target.class };
  }
  const layer = layerOf(live, target && target.layer);
  if (target.filter !== undefined) needFilter(layer, target.filter);
  const maker = live.network.nodes.find(({ output }) => output === layer.value);
  const below = maker && maker.op === "relu" ? maker.inputs[0] : layer.value;
  return { value: layer.value, below, filter: target.filter, layer };
}

/**
 * The score of a picture, and its gradient by the pixels [3, h, w]. A filter that is silent all
 * over the picture has none; then what its ReLU takes in is to rise, until it answers.
 */
function rising(live, picture, target) {
  const run = forward(live, picture, target.value);
  const { score, signal } = objective(run.value(target.value), target);
  if (score !== 0 || target.filter === undefined) {
    return { score, gradient: pixelGradient(live, run, target.value, signal) };
  }
  const before = forward(live, picture, target.below);
  const { signal: lifting } = objective(before.value(target.below), target);
  return { score, gradient: pixelGradient(live, before, target.below, lifting) };
}

/**
 * The objective of one value's activations [c, h, w]: a class's score, a filter's mean, or the mean
 * of a layer's squares. Gives the score and its derivative by the activations, the signal.
 */
function objective({ data, shape }, { filter, number }) {
  const signal = new Float32Array(data.length);
  let score = 0;
  if (number !== undefined) {
    signal[number] = 1;
    return { score: data[number], signal };
  }
  if (filter !== undefined) {
    const plane = shape[1] * shape[2];
    signal.fill(1 / plane, filter * plane, (filter + 1) * plane);
    for (let at = filter * plane; at < (filter + 1) * plane; at++) score += data[at] / plane;
    return { score, signal };
  }
  for (let at = 0; at < data.length; at++) {
    score += data[at] ** 2 / data.length;
    signal[at] = (2 * data[at]) / data.length;
  }
  return { score, signal };
}

/** Sizes [h, w] of the octaves, from small to large; the last is the picture's own. */
function octaveSizes({ height, width }, octaves, { layer }) {
  const least = Math.max(SMALLEST, layer ? SMALLEST_MAP * layer.stride : 0);
  const sizes = [[height, width]];
  for (let n = 1; n < octaves; n++) {
    const size = [height, width].map((side) => Math.round(side / OCTAVE ** n));
    if (Math.min(...size) < least) break;
    sizes.unshift(size);
  }
  return sizes;
}

/** The picture moved down and right, what leaves at one edge comes in at the other. */
function shifted({ data, height, width }, down, right) {
  const moved = new Float32Array(data.length);
  const x = ((right % width) + width) % width;
  for (let line = 0; line < 3 * height; line++) {
    const map = Math.floor(line / height);
    const row = (((line - map * height + down) % height) + height) % height;
    const from = data.subarray(line * width, (line + 1) * width);
    const to = (map * height + row) * width;
    moved.set(from.subarray(0, width - x), to + x);
    moved.set(from.subarray(width - x), to);
  }
  return { data: moved, height, width };
}

/**
 * The total variation Σ √(right² + below² + 1) over the pixels of three planes, where `right` and
 * `below` are the differences to the next pixels (none at the edge), and its gradient [3, h, w].
 */
function totalVariation({ data, height, width }) {
  const gradient = new Float32Array(data.length);
  let total = 0;
  for (let at = 0; at < data.length; at++) {
    const column = at % width;
    const row = Math.floor(at / width) % height;
    const right = column + 1 < width ? data[at + 1] - data[at] : 0;
    const below = row + 1 < height ? data[at + width] - data[at] : 0;
    const length = Math.sqrt(right * right + below * below + 1);
    total += length;
    gradient[at] -= (right + below) / length;
    if (column + 1 < width) gradient[at + 1] += right / length;
    if (row + 1 < height) gradient[at + width] += below / length;
  }
  return { total, gradient };
}

/** Only what a gradient has at a smaller size: an octave, where the size is fixed. */
function lowPassed(data, { height, width }, [rows, columns]) {
  const small = resized({ data, height, width }, rows, columns);
  return resized(small, height, width).data;
}

/**
 * One step: move by `rate` times (gradient ÷ its mean size − variation × gradient of the total
 * variation), from 0 to 255. `size`: the octave's; score: of the moved picture before the step.
 */
function dreamStep(live, picture, target, { rate, jitter, variation }, random, size) {
  const down = randomShift(random, jitter);
  const right = randomShift(random, jitter);
  const moved = shifted(picture, down, right);
  const { score, gradient } = rising(live, moved, target);
  const rise = lowPassed(gradient, moved, size);
  const mean = rise.reduce((sum, one) => sum + Math.abs(one), 0) / rise.length;
  const rough = totalVariation(moved).gradient;
  if (!(mean > 0)) return { score, picture }; // no gradient at all: nothing to follow
  const data = moved.data.map((pixel, at) => {
    const next = pixel + rate * (rise[at] / mean - variation * rough[at]);
    return Math.min(255, Math.max(0, next));
  });
  return { score, picture: shifted({ ...moved, data }, -down, -right) };
}

/** A smaller octave's picture at the next size, with what the original lost by being so small. */
function nextOctave(dreamt, original, [height, width]) {
  const grown = resized(dreamt, height, width);
  const full = resized(original, height, width);
  const lost = resized(resized(original, dreamt.height, dreamt.width), height, width);
  const data = grown.data.map((pixel, at) => pixel + full.data[at] - lost.data[at]);
  return { data, height, width };
}

/** A number in a range, or a sentence that names it. */
function needRange(name, number, lowest, highest, whole = false) {
  const fits = number >= lowest && number <= highest && (!whole || Number.isInteger(number));
  if (fits) return;
  const kind = whole ? "a whole number" : "a number";
  throw new Error(`The ${name} is ${number}; it must be ${kind} from ${lowest} to ${highest}.`);
}

/**
 * The answer to `dream`: yields a picture after each step. Where the size is fixed (classes, and
 * networks that are not resizable) an octave is a low-pass of the gradient. `value` is the score
 * before the step; in the answer it is that of the last picture, and `before` that of the reader's.
 */
function* dream(live, original, ask) {
  const target = dreamTarget(live, ask.target);
  const settings = { ...dreamSettings(live.network, ask.target), ...ask };
  const { steps, octaves, rate, jitter, variation, seed } = settings;
  needRange("number of steps", steps, 1, 1000, true);
  needRange("number of octaves", octaves, 1, 20, true);
  needRange("rate", rate, 0, 255);
  needRange("jitter", jitter, 0, 1000, true);
  needRange("variation", variation, 0, 100);
  const resizable = live.network.resizable && target.number === undefined;
  const scoreOf = (one) =>
    objective(forward(live, one, target.value).value(target.value), target).score;
  const before = scoreOf(original);
  yield null;
  const sizes = octaveSizes(original, octaves, target);
  const random = seededRandom(seed);
  let picture = resizable ? resized(original, ...sizes[0]) : original;
  let last = null;
  for (let octave = 1; octave <= sizes.length; octave++) {
    const size = sizes[octave - 1];
    if (resizable && octave > 1) picture = nextOctave(picture, original, size);
    for (let step = 1; step <= steps; step++) {
      const stepped = dreamStep(live, picture, target, settings, random, size);
      picture = stepped.picture;
      const { height, width } = picture;
      last = { octave, of: sizes.length, step, steps, height, width, value: stepped.score };
      yield { ...last, pixels: rgbaBytes(picture) };
    }
  }
  return { ...last, pixels: rgbaBytes(picture), value: scoreOf(picture), before };
}
