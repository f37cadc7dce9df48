// A second engine with the ways of the real one: loops in doubles, for the tests. It knows the ops
// that the tests' networks have; a signal goes down by the gradient or by the deconvnet's rule.

/** The product that the real engine would be given. */
function makeProduct() {
  return { simd: false };
}

/** Call `visit(from, to)` for each pair of an input's and an output's place in windows. */
function windows([rows, columns], [rowsOut, columnsOut], { kernel, stride, padding, dilation = [1, 1] }, visit) {
  for (let row = 0; row < rowsOut; row++) {
    for (let column = 0; column < columnsOut; column++) {
      for (let y = 0; y < kernel[0]; y++) {
        for (let x = 0; x < kernel[1]; x++) {
          const up = row * stride[0] - padding[0] + y * dilation[0];
          const left = column * stride[1] - padding[1] + x * dilation[1];
          if (up < 0 || left < 0 || up >= rows || left >= columns) continue;
          visit(up * columns + left, row * columnsOut + column, y * kernel[1] + x);
        }
      }
    }
  }
}

class Engine {
  constructor(network) {
    Object.assign(this, { network, parts: {} });
  }

  add(part, bytes) {
    this.parts[part] = bytes;
  }

  has(value) {
    return this.needed(value).every(({ part }) => part === undefined || this.parts[part]);
  }

  /** The nodes below a value. */
  needed(value) {
    const values = new Set([value]);
    const nodes = [...this.network.nodes].reverse().filter((node) => {
      if (!values.has(node.output)) return false;
      node.inputs.forEach((input) => values.add(input));
      return true;
    });
    return nodes.reverse();
  }

  /** Numbers of a tensor reference. */
  tensor({ part }, { at, type, shape }) {
    const length = shape.reduce((product, side) => product * side, 1);
    const { buffer } = this.parts[part].slice(at, at + length * (type === "i8" ? 1 : 4));
    return new { i8: Int8Array, f32: Float32Array, i32: Int32Array }[type](buffer);
  }

  run(pixels, value, rule, size) {
    const wanted = [value].flat();
    const { mean, std, input } = this.network;
    const [rows, columns] = size || input;
    const plane = rows * columns;
    const data = Float64Array.from(pixels, (pixel, at) => {
      const map = Math.floor(at / plane);
      return (pixel / 255 - mean[map]) / std[map];
    });
    const values = { 0: { data, shape: [3, rows, columns] } };
    const nodes = this.needed(Math.max(...wanted));
    for (const node of nodes) {
      values[node.output] = this.up(node, node.inputs.map((one) => values[one]));
    }
    return {
      value: (number) => ({ ...values[number], data: Float32Array.from(values[number].data) }),
      down: (from, signal, way, until = 0) => this.down(values, from, signal, way, until),
    };
  }

  /** The matrix [output map] → [[input map, tap, weight]…] of a convolution. */
  weights(node) {
    const [maps, per, high, wide] = node.weight.shape;
    const weight = this.tensor(node, node.weight);
    const scale = this.tensor(node, node.scale);
    return Array.from({ length: maps }, (_, map) => {
      const start = Math.floor(map / (maps / (node.groups || 1))) * per;
      const row = [];
      for (let n = 0; n < per * high * wide; n++) {
        const number = weight[map * per * high * wide + n] * scale[map];
        row.push([start + Math.floor(n / (high * wide)), n % (high * wide), number]);
      }
      return row;
    });
  }

  up(node, inputs) {
    const { data, shape } = inputs[0];
    const [maps, rows, columns] = shape;
    const plane = rows * columns;
    if (node.op === "relu") return { data: data.map((one) => Math.max(0, one)), shape };
    if (node.op === "sum") {
      return { data: data.map((one, at) => one * node.factors[0] + inputs[1].data[at] * node.factors[1]), shape };
    }
    if (node.op === "gather") return { data, shape: node.there };
    const of = (length, axis) => {
      const reach = (node.dilation || [1, 1])[axis] * (node.kernel[axis] - 1);
      return Math.floor((length + 2 * node.padding[axis] - reach - 1) / node.stride[axis]) + 1;
    };
    const out = [of(rows, 0), of(columns, 1)];
    const area = out[0] * out[1];
    const made = node.op === "convolution" ? node.weight.shape[0] : maps;
    const result = new Float64Array(made * area);
    if (node.op === "convolution") {
      const bias = node.bias ? this.tensor(node, node.bias) : new Float32Array(made);
      const all = this.weights(node);
      windows([rows, columns], out, node, (from, to, tap) => {
        all.forEach((row, map) => row.forEach(([input, at, weight]) => {
          if (at === tap) result[map * area + to] += weight * data[input * plane + from];
        }));
      });
      return { data: result.map((one, at) => one + bias[Math.floor(at / area)]), shape: [made, ...out] };
    }
    const winners = new Int32Array(made * area).fill(-1);
    for (let map = 0; map < maps; map++) {
      windows([rows, columns], out, node, (from, to) => {
        const at = map * area + to;
        if (node.op === "average_pool") {
          result[at] += data[map * plane + from] / (node.kernel[0] * node.kernel[1]);
        } else if (winners[at] < 0 || data[map * plane + from] > result[at]) {
          winners[at] = map * plane + from;
          result[at] = data[map * plane + from];
        }
      });
    }
    return { data: result, shape: [made, ...out], winners };
  }

  down(values, from, signal, rule, until) {
    const signals = { [from]: Float64Array.from(signal) };
    for (const node of this.needed(from).reverse()) {
      if (node.output <= until || !signals[node.output]) continue;
      node.inputs.forEach((input, place) => {
        signals[input] = signals[input] || new Float64Array(values[input].data.length);
        this.back(node, place, values[input], values[node.output], signals[node.output], signals[input], rule);
      });
    }
    return Float32Array.from(signals[until]);
  }

  /** Add to `sum` what a signal at a node's output is at one of its inputs. */
  back(node, place, input, output, signal, sum, rule) {
    const [maps, rows, columns] = input.shape;
    const plane = rows * columns;
    const area = output.shape[1] * output.shape[2];
    if (node.op === "relu") {
      const passes = rule === "gradient" ? (at) => input.data[at] > 0 : (at) => signal[at] > 0;
      signal.forEach((one, at) => (sum[at] += passes(at) ? one : 0));
    } else if (node.op === "sum") {
      signal.forEach((one, at) => (sum[at] += one * node.factors[place]));
    } else if (node.op === "gather") {
      signal.forEach((one, at) => (sum[at] += one));
    } else if (node.op === "max_pool") {
      output.winners.forEach((winner, at) => (sum[winner] += signal[at]));
    } else if (node.op === "average_pool") {
      for (let map = 0; map < maps; map++) {
        windows([rows, columns], output.shape.slice(1), node, (at, to) => {
          sum[map * plane + at] += signal[map * area + to] / (node.kernel[0] * node.kernel[1]);
        });
      }
    } else {
      const all = this.weights(node);
      windows([rows, columns], output.shape.slice(1), node, (at, to, tap) => {
        all.forEach((row, map) => row.forEach(([from, near, weight]) => {
          if (near === tap) sum[from * plane + at] += weight * signal[map * area + to];
        }));
      });
    }
  }
}
