/*
 * The network: it runs up from a picture to its values, and takes signals down by a rule.
 *
 * Values are numbered as in network.json: 0 is the normalised image, each node makes one more.
 */

const TYPES = { i8: Int8Array, i32: Int32Array, f32: Float32Array };
const RULES = ['deconvnet', 'guided', 'gradient'];

/** Arrays to use again, by their length: a dream runs hundreds of times and needs no new ones. */
class Room {
  constructor(product) {
    this.product = product;
    this.free = new Map();
  }

  /** Return an array of so many numbers, whatever they are. */
  take(length) {
    const free = this.free.get(length);
    return free && free.length ? free.pop() : new Float32Array(length);
  }

  give(array) {
    if (!this.free.has(array.length)) this.free.set(array.length, []);
    this.free.get(array.length).push(array);
  }
}

class Engine {
  /** `network` is network.json, `product` of `makeProduct`. */
  constructor(network, product) {
    this.network = network;
    this.room = new Room(product);
    this.nodes = network.nodes.map((node) => ({ ...node }));
    this.parts = new Set();
    this.current = null; // the run whose values stand
    this.size = null; // of its picture
  }

  /** Take a part's weights: Uint8Array. */
  add(part, bytes) {
    for (const node of this.nodes) {
      if (node.part !== part || this.parts.has(part)) continue;
      for (const [name, field] of Object.entries(node)) {
        if (field && TYPES[field.type]) node[name] = tensorOf(field, bytes);
      }
    }
    this.parts.add(part);
  }

  /** Return whether all weights that a value rests on have come. */
  has(value) {
    return this.behind([value]).every((node) => !this.isWaiting(node));
  }

  isWaiting(node) {
    const weighs = Object.values(node).some((field) => field && TYPES[field.type] && !field.data);
    return weighs && !this.parts.has(node.part);
  }

  /** Return the nodes, in order, that these values rest on. */
  behind(values) {
    const needed = new Set(values);
    const nodes = [];
    for (const node of [...this.nodes].reverse()) {
      if (!needed.has(node.output)) continue;
      node.inputs.forEach((value) => needed.add(value));
      nodes.unshift(node);
    }
    return nodes;
  }

  /**
   * Run a picture up to one value or several; those of the run before are no more.
   * pixels: Float32Array [3, h, w], RGB 0…255; size: [h, w], by default the network's input.
   */
  run(pixels, values, size = this.network.input) {
    const wanted = [].concat(values);
    const { input, layers, resizable } = this.network;
    const last = layers.length ? layers[layers.length - 1].value : 0;
    const other = size[0] !== input[0] || size[1] !== input[1];
    if (other && !(resizable && Math.max(...wanted) <= last)) {
      throw new Error(`This network takes only pictures of ${input.join(' × ')} pixels here.`);
    }
    if (pixels.length !== 3 * size[0] * size[1]) {
      throw new Error(`A picture of ${size.join(' × ')} pixels has not ${pixels.length} numbers.`);
    }
    const nodes = this.behind(wanted);
    if (nodes.some((node) => this.isWaiting(node))) {
      throw new Error('Weights of this layer have not come yet.');
    }
    if (this.current) this.current.end();
    if (String(size) !== String(this.size)) this.room.free.clear();
    this.size = [...size];
    this.current = new Run(this, nodes, wanted, pixels);
    return this.current;
  }
}

/** Return a node's tensor: {data, shape}. Numbers of several bytes get an aligned copy. */
function tensorOf({ at, type, shape }, bytes) {
  const count = shape.reduce((product, length) => product * length, 1);
  const start = bytes.byteOffset + at;
  if (type === 'i8') return { data: new Int8Array(bytes.buffer, start, count), shape };
  return { data: new TYPES[type](bytes.buffer.slice(start, start + 4 * count)), shape };
}

class Run {
  constructor(engine, nodes, wanted, pixels) {
    this.room = engine.room;
    this.nodes = nodes;
    this.wanted = new Set(wanted);
    this.shapes = new Map([[0, [3, ...engine.size]]]);
    this.values = new Map(); // value → its data: those wanted, and those that a way down reads
    this.memories = new Map(); // value → what the op that made it remembers
    this.gone = false;
    this.up(engine.network, pixels);
  }

  up({ mean, std }, pixels) {
    const image = this.room.take(pixels.length);
    const size = pixels.length / 3;
    for (let n = 0; n < pixels.length; n++) {
      const colour = Math.floor(n / size);
      image[n] = (pixels[n] / 255 - mean[colour]) / std[colour];
    }
    this.values.set(0, image);
    for (const node of this.nodes) this.shapes.set(node.output, shapeOf(node, this.shapes));

    const readers = new Map(); // value → the nodes that read it
    for (const node of this.nodes) {
      for (const value of node.inputs) readers.set(value, [...(readers.get(value) || []), node]);
    }
    const makers = new Map(this.nodes.map((node) => [node.output, node]));
    for (const node of this.nodes) {
      const next = readers.get(node.output) || [];
      const only = next.length === 1 && !this.wanted.has(node.output);
      if (node.op === 'convolution' && only && next[0].op === 'relu') continue; // done by the ReLU
      const before = makers.get(node.inputs[0]);
      if (node.op === 'relu' && before && !this.values.has(before.output)) {
        this.make(before, node.output, 0, ceilingOf(node));
        this.release(before.inputs, node, readers);
      } else {
        this.make(node, node.output);
        this.release(node.inputs, node, readers);
      }
    }
  }

  /** Make a value by a node; limits make a ReLU part of a convolution. */
  make(node, value, ...limits) {
    const shape = this.shapes.get(value);
    const output = { data: this.room.take(shape[0] * shape[1] * shape[2]), shape };
    const inputs = node.inputs.map((input) => this.map(input));
    const memory = OPS[node.op].up(node, inputs, output, this.room, ...limits);
    if (memory) this.memories.set(value, memory);
    this.values.set(value, output.data);
  }

  /** Let go of the values that no later node reads, nor a way down. */
  release(values, node, readers) {
    for (const value of new Set(values)) {
      const own = readers.get(value);
      const later = own.some((reader) => reader.output > node.output);
      const read = own.some((reader) => OPS[reader.op].keeps === 'input');
      const maker = this.nodes.find((each) => each.output === value);
      const gate = maker && OPS[maker.op].keeps === 'output';
      if (later || read || gate || this.wanted.has(value)) continue;
      this.room.give(this.values.get(value));
      this.values.delete(value);
    }
  }

  map(value) {
    return { data: this.values.get(value), shape: this.shapes.get(value) };
  }

  /** Return a value that the run was asked for, {data, shape: [c, h, w]}, until the next run. */
  value(value) {
    this.check(value);
    return this.map(value);
  }

  check(value) {
    if (this.gone) throw new Error('The network has run again since: its values are no more.');
    if (!this.wanted.has(value)) throw new Error(`This run was not asked for value ${value}.`);
  }

  /**
   * Take a signal [c, h, w] at a value that the run was asked for down to the normalised image, or
   * to the value `until`. Returns an array of the caller's own; for "gradient" the derivative.
   */
  down(value, signal, rule, until = 0) {
    this.check(value);
    if (!RULES.includes(rule))
      throw new Error(`There is no rule “${rule}”; use ${RULES.join(', ')}.`);
    const signals = new Map();
    const at = (place) => {
      if (!signals.has(place)) {
        const shape = this.shapes.get(place);
        const data = this.room.take(shape[0] * shape[1] * shape[2]).fill(0);
        signals.set(place, { data, shape });
      }
      return signals.get(place);
    };
    if (signal.length !== at(value).data.length) {
      throw new Error(
        `A signal of ${at(value).shape.join(' × ')} has not ${signal.length} numbers.`,
      );
    }
    at(value).data.set(signal);
    for (const node of [...this.nodes].reverse()) {
      if (node.output <= until || !signals.has(node.output)) continue;
      const [inputs, output] = [node.inputs.map((input) => this.map(input)), this.map(node.output)];
      const past = { rule, inputs, output, memory: this.memories.get(node.output) };
      OPS[node.op].down(node, at(node.output), node.inputs.map(at), this.room, past);
      this.room.give(at(node.output).data);
      signals.delete(node.output);
    }
    const result = at(until).data;
    signals.delete(until);
    for (const { data } of signals.values()) this.room.give(data);
    return result;
  }

  /** Give all arrays back. */
  end() {
    this.gone = true;
    for (const array of [...this.values.values(), ...this.memories.values()]) this.room.give(array);
  }
}

/** Return the shape [c, h, w] that a node makes of the shapes by value. */
function shapeOf(node, shapes) {
  const shape = OPS[node.op].shape(
    node,
    node.inputs.map((value) => shapes.get(value)),
  );
  if (Math.min(...shape) < 1) {
    const size = shapes.get(0).slice(1).join(' × ');
    throw new Error(`A picture of ${size} pixels is too small for this layer.`);
  }
  return shape;
}
