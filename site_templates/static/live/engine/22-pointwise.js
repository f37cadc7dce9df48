/*
 * Smooth functions of each place, as torch has them, and interpolation. Their form: 21-convolution.js.
 * The deconvnet passes over local normalisation, as the paper does over its own.
 */

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The normal distribution's density and its integral, by the error function's Chebyshev series. */
const density = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
]; // Numerical Recipes, section 6.2: relative error 1.2e-7
function below(x) {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const tail = (t * Math.exp(-z * z + ERFC.reduceRight((sum, factor) => sum * t + factor, 0))) / 2;
  return x > 0 ? 1 - tail : tail;
}

/** Return value and derivative of a line that is bent at zero. */
const bent = (slope) => [(x) => (x > 0 ? x : slope * x), (x) => (x > 0 ? 1 : slope)];

/** For each name of torch's: parameters → [value, derivative]. */
const POINTWISE_FUNCTIONS = {
  leaky_relu: ({ negative_slope: slope = 0.01 }) => bent(slope),
  rrelu: ({ lower = 1 / 8, upper = 1 / 3 }) => bent((lower + upper) / 2),
  prelu: ({ slope }) => bent(slope),
  elu: ({ alpha = 1 }) => [
    (x) => (x > 0 ? x : alpha * Math.expm1(x)),
    (x) => (x > 0 ? 1 : alpha * Math.exp(x)),
  ],
  celu: ({ alpha = 1 }) => [
    (x) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
    (x) => (x > 0 ? 1 : Math.exp(x / alpha)),
  ],
  selu() {
    const [scale, alpha] = [1.0507009873554805, 1.6732632423543772];
    return [
      (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
      (x) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
    ];
  },
  gelu({ approximate: tanh = 0 }) {
    if (!tanh) return [(x) => x * below(x), (x) => below(x) + x * density(x)];
    const [root, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
    const bend = (x) => Math.tanh(root * (x + cubic * x ** 3));
    const slope = (x) => root * (1 + 3 * cubic * x * x) * (1 - bend(x) ** 2);
    return [(x) => (x * (1 + bend(x))) / 2, (x) => (1 + bend(x) + x * slope(x)) / 2];
  },
  silu: () => [(x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  mish: () => [
    (x) => x * Math.tanh(softplus(x)),
    (x) => Math.tanh(softplus(x)) + x * sigmoid(x) * (1 - Math.tanh(softplus(x)) ** 2),
  ],
  hardswish: () => [
    (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    (x) => (x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1),
  ],
  hardsigmoid: () => [
    (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
    (x) => (x > -3 && x < 3 ? 1 / 6 : 0),
  ],
  softplus: ({ beta = 1, threshold = 20 }) => [
    (x) => (x * beta > threshold ? x : softplus(x * beta) / beta),
    (x) => (x * beta > threshold ? 1 : sigmoid(x * beta)),
  ],
  softsign: () => [(x) => x / (1 + Math.abs(x)), (x) => 1 / (1 + Math.abs(x)) ** 2],
  logsigmoid: () => [(x) => -softplus(-x), (x) => sigmoid(-x)],
  tanh: () => [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  sigmoid: () => [sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
  exp: () => [Math.exp, Math.exp],
  abs: () => [Math.abs, Math.sign],
  square: () => [(x) => x * x, (x) => 2 * x],
  tanhshrink: () => [(x) => x - Math.tanh(x), (x) => Math.tanh(x) ** 2],
  softshrink: ({ lambd = 0.5 }) => [
    (x) => x - Math.min(Math.max(x, -lambd), lambd),
    (x) => (Math.abs(x) > lambd ? 1 : 0),
  ],
  hardshrink: ({ lambd = 0.5 }) => [
    (x) => (Math.abs(x) > lambd ? x : 0),
    (x) => (Math.abs(x) > lambd ? 1 : 0),
  ],
};

/** Call `visit(n, value, derivative)` for every place n of maps. */
function pointwise({ function: name, parameters, slopes }, shape, visit) {
  const size = area(shape);
  for (let map = 0; map < shape[0]; map++) {
    const slope = slopes && slopes.data[map % slopes.data.length]; // one a map, or one for all
    const pair = POINTWISE_FUNCTIONS[name]({ slope, ...parameters });
    for (let n = map * size; n < (map + 1) * size; n++) visit(n, ...pair);
  }
}

const POINTWISE = {
  shape: sameShape,
  keeps: 'input',
  up(node, [input], output) {
    pointwise(node, input.shape, (n, value) => (output.data[n] = value(input.data[n])));
  },
  down(node, signal, [below], room, { inputs: [input] }) {
    pointwise(node, input.shape, (n, value, derivative) => {
      below.data[n] += signal.data[n] * derivative(input.data[n]);
    });
  },
};

const LOCAL_NORMALISATION = {
  shape: sameShape,
  keeps: 'input',
  up(node, [input], output) {
    measured(node, input, (n, measure) => (output.data[n] = input.data[n] * measure ** -node.beta));
  },
  down(node, signal, [below], room, { rule, inputs: [input] }) {
    const { size, alpha, beta } = node;
    measured(node, input, (n, measure, first, last, step) => {
      if (signal.data[n] === 0) return;
      if (rule === 'deconvnet') return void (below.data[n] += signal.data[n]);
      below.data[n] += signal.data[n] * measure ** -beta;
      const pull =
        ((2 * alpha * beta) / size) * signal.data[n] * input.data[n] * measure ** (-beta - 1);
      for (let at = first; at <= last; at += step) below.data[at] -= pull * input.data[at];
    });
  },
};

/** Call `visit(n, measure, first, last, step)`: what divides value n, and the values it rests on. */
function measured({ size, alpha, k }, { data, shape }, visit) {
  const step = area(shape);
  for (let n = 0; n < data.length; n++) {
    const map = Math.floor(n / step);
    const first = n - Math.min(map, Math.floor(size / 2)) * step;
    const last = n + Math.min(shape[0] - 1 - map, Math.floor((size - 1) / 2)) * step;
    let sum = 0;
    for (let at = first; at <= last; at += step) sum += data[at] * data[at];
    visit(n, k + (alpha / size) * sum, first, last, step);
  }
}

/** Return the entries [row, column, number] of a matrix that are not zero. */
function entriesOf({ data, shape: [, columns] }) {
  const entries = [];
  data.forEach((number, n) => {
    if (number !== 0) entries.push([Math.floor(n / columns), n % columns, number]);
  });
  return entries;
}

const INTERPOLATION = {
  shape: ({ down, right }, [[maps]]) => [maps, down.shape[0], right.shape[0]],
  up({ down, right }, [input], output, room) {
    output.data.fill(0);
    throughBoth(entriesOf(down), entriesOf(right), input, output, room);
  },
  down({ down, right }, signal, [below], room) {
    const back = (matrix) => entriesOf(matrix).map(([to, from, number]) => [from, to, number]);
    throughBoth(back(down), back(right), signal, below, room);
  },
};

/** Add down · map · rightᵀ to each output map. */
function throughBoth(down, right, input, output, room) {
  const [maps, rows, columns] = output.shape;
  const [, height, width] = input.shape;
  const half = room.take(rows * width);
  for (let map = 0; map < maps; map++) {
    half.fill(0);
    for (const [to, from, number] of down) {
      const start = (map * height + from) * width;
      for (let n = 0; n < width; n++) half[to * width + n] += number * input.data[start + n];
    }
    for (let row = 0; row < rows; row++) {
      const start = (map * rows + row) * columns;
      for (const [to, from, number] of right) {
        output.data[start + to] += number * half[row * width + from];
      }
    }
  }
  room.give(half);
}

/** Every op of a network by its name. */
const OPS = {
  convolution: CONVOLUTION,
  transposed_convolution: TRANSPOSED_CONVOLUTION,
  max_pool: MAX_POOL,
  average_pool: AVERAGE_POOL,
  selection: SELECTION,
  gather: GATHER,
  scaling: SCALING,
  relu: RELU,
  sum: SUM,
  concatenation: CONCATENATION,
  pointwise: POINTWISE,
  local_normalisation: LOCAL_NORMALISATION,
  interpolation: INTERPOLATION,
};
