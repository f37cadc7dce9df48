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
    const expected = this.network.parts[part - 1].bytes;
    if (bytes.length !== expected) {
      throw new Error(`Part ${part} of the weights has ${bytes.length} bytes, not ${expected}.`);
    }
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
    this.gone = false;
    this.up(engine.network, pixels);
  }

  up({ mean, std }, pixels) {
    for (const node of this.nodes) this.shapes.set(node.output, shapeOf(node, this.shapes));
    const image = this.room.take(pixels.length);
    const size = pixels.length / 3;
    for (let colour = 0; colour < 3; colour++) {
      const [middle, spread] = [255 * mean[colour], 255 * std[colour]];
      for (let n = colour * size; n < (colour + 1) * size; n++) {
        image[n] = (pixels[n] - middle) / spread;
      }
    }
    this.values.set(0, image);
    const readers = new Map(this.nodes.map(({ output }) => [output, []])).set(0, []);
    for (const node of this.nodes) for (const value of node.inputs) readers.get(value).push(node);
    for (const node of this.nodes) {
      const [next, ...others] = readers.get(node.output);
      const alone = next && others.length === 0 && !this.wanted.has(node.output);
      if (this.values.has(node.output)) continue; // a ReLU that a convolution has done
      if (node.op === 'convolution' && alone && next.op === 'relu') {
        this.make(node, next.output, 0, ceilingOf(next));
      } else {
        this.make(node, node.output);
      }
      this.release(node, readers);
    }
  }

  /** Make a value by a node; limits make a ReLU part of a convolution. */
  make(node, value, ...limits) {
    const shape = this.shapes.get(value);
    const output = { data: this.room.take(shape[0] * shape[1] * shape[2]), shape };
    const inputs = node.inputs.map((input) => this.map(input));
    OPS[node.op].up(node, inputs, output, this.room, ...limits);
    this.values.set(value, output.data);
  }

  /** Let go of what a node has read, where no later node reads it, nor a way down. */
  release(node, readers) {
    for (const value of new Set(node.inputs)) {
      const maker = this.nodes.find(({ output }) => output === value);
      const stays = readers
        .get(value)
        .some((reader) => reader.output > node.output || OPS[reader.op].keeps === 'input');
      if (stays || this.wanted.has(value) || (maker && OPS[maker.op].keeps === 'output')) continue;
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
    if (!RULES.includes(rule)) throw new Error(`“${rule}” is none of ${RULES.join(', ')}.`);
    if (!this.shapes.has(until)) throw new Error(`Value ${value} does not rest on value ${until}.`);
    const length = (place) => this.shapes.get(place).reduce((product, count) => product * count);
    if (signal.length !== length(value)) {
      const shape = this.shapes.get(value).join(' × ');
      throw new Error(`A signal of ${shape} has not ${signal.length} numbers.`);
    }
    const signals = new Map();
    const at = (place) => {
      if (!signals.has(place)) {
        const data = this.room.take(length(place)).fill(0);
        signals.set(place, { data, shape: this.shapes.get(place) });
      }
      return signals.get(place);
    };
    at(value).data.set(signal);
    for (const node of [...this.nodes].reverse()) {
      if (node.output <= until || !signals.has(node.output)) continue;
      const inputs = node.inputs.map((input) => this.map(input));
      const past = { rule, inputs, output: this.map(node.output) };
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
    for (const array of this.values.values()) this.room.give(array);
    this.values.clear();
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
