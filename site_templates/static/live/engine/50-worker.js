// The worker: one place that receives an ask, runs it and posts what comes of it.

const live = { engine: null, network: null, picture: null, seen: null };
let longTask = null; // {id, stopped}: at most one; the next one ends it

/** The layer of a name, once its weights are there. */
function layerOf({ network, engine }, name) {
  const layer = network.layers.find((one) => one.name === name);
  if (!layer) {
    const names = network.layers.map((one) => one.name).join(", ");
    throw new Error(`There is no layer “${name}”; the layers are ${names}.`);
  }
  if (!engine.has(layer.value)) throw new Error(`The weights of ${layer.title} have not come yet.`);
  return layer;
}

/** Refuse a filter that a layer does not show. */
function needFilter(layer, filter) {
  if (!Number.isInteger(filter) || filter < 0 || filter >= layer.filters) {
    throw new Error(
      `${layer.title} has no filter ${filter}; its filters are 0 to ${layer.filters - 1}.`,
    );
  }
}

/** One map {data [h, w], rows, columns, layer} of the picture that is set. */
function mapOf({ layer: name, filter }) {
  const layer = layerOf(live, name);
  needFilter(layer, filter);
  const { data, shape } = forward(live, live.picture, layer.value).value(layer.value);
  const [, rows, columns] = shape;
  const plane = rows * columns;
  return { data: data.subarray(filter * plane, (filter + 1) * plane), rows, columns, layer };
}

/** The place of a unit in its map. */
function placeOf({ row, column }, { rows, columns, layer }) {
  const inside = Number.isInteger(row) && Number.isInteger(column);
  if (!inside || row < 0 || column < 0 || row >= rows || column >= columns) {
    throw new Error(
      `${layer.title} has no unit at row ${row}, column ${column}; ` +
        `its maps are ${rows} × ${columns}.`,
    );
  }
  return row * columns + column;
}

const asks = {
  __proto__: null, // nothing but what stands here

  network({ network }) {
    if (longTask) longTask.stopped = true;
    const product = makeProduct(KERNEL);
    live.engine = new Engine(network, product);
    Object.assign(live, { network, picture: null, seen: null });
    return { simd: product.simd, dreams: allDreamSettings(network) };
  },

  weights({ part, text }) {
    live.engine.add(
      part,
      Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)),
    );
    const ready = live.network.layers.filter(({ value }) => live.engine.has(value));
    const { output } = live.network;
    return {
      layers: ready.map(({ name }) => name),
      output: output !== null && live.engine.has(output),
    };
  },

  picture({ pixels }) {
    const [height, width] = live.network.input;
    if (pixels.length !== 4 * height * width) {
      throw new Error(
        `The picture has ${pixels.length} numbers; ` +
          `${height} × ${width} pixels have ${4 * height * width}.`,
      );
    }
    live.picture = planarPicture(pixels, height, width);
    return {};
  },

  look({ layer: name }) {
    const layer = layerOf(live, name);
    const { data, shape } = forward(live, live.picture, layer.value).value(layer.value);
    const plane = shape[1] * shape[2];
    const maxima = new Float32Array(layer.filters).fill(-Infinity);
    const units = new Int32Array(layer.filters);
    const maps = new Uint8ClampedArray(layer.filters * plane);
    for (let filter = 0; filter < layer.filters; filter++) {
      const start = filter * plane;
      for (let place = 0; place < plane; place++) {
        if (data[start + place] <= maxima[filter]) continue;
        maxima[filter] = data[start + place];
        units[filter] = place;
      }
      const scale = maxima[filter] > 0 ? 255 / maxima[filter] : 0;
      for (let at = start; at < start + plane; at++) maps[at] = data[at] * scale;
    }
    const { milliseconds } = live.seen;
    return { maxima, units, maps, shape: [layer.filters, shape[1], shape[2]], milliseconds };
  },

  unit(ask) {
    const map = mapOf(ask);
    return { activation: map.data[placeOf(ask, map)] };
  },

  map(ask) {
    return { data: mapOf(ask).data.slice() };
  },

  reconstruct(ask) {
    const map = mapOf(ask);
    const { layer } = map;
    const place = placeOf(ask, map);
    const activation = map.data[place];
    const run = forward(live, live.picture, layer.value);
    const { data, shape } = run.value(layer.value);
    const signal = new Float32Array(data.length);
    signal[ask.filter * shape[1] * shape[2] + place] = activation;
    const pixels = run.down(layer.value, signal, ask.rule || live.network.rule);
    const scale = pixels.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    const top = ask.row * layer.stride + layer.offset; // the field may reach over the edge
    const left = ask.column * layer.stride + layer.offset;
    const box = [top, left, top + layer.field, left + layer.field];
    return { pixels, scale, activation, box };
  },

  name: () => nameOf(live, live.picture),
  cover: (ask) => coverOnce(live, live.picture, ask),
  coverAll: (ask) => coverEverywhere(live, live.picture, ask),
  dream: (ask) => dream(live, live.picture, ask),
  fool: (ask) => fool(live, live.picture, ask),
  foolCurve: (ask) => foolCurve(live, live.picture, ask),

  stop({ of }) {
    if (longTask && longTask.id === of) longTask.stopped = true;
    return {};
  },
};

/** Refuse an ask that comes before what it needs. */
function needInOrder(ask) {
  if (!asks[ask]) throw new Error(`The engine does not know the ask “${ask}”.`);
  if (ask === "network" || ask === "stop") return;
  if (!live.network) throw new Error("No network has come yet.");
  if (ask !== "weights" && ask !== "picture" && !live.picture)
    throw new Error("There is no picture yet.");
}

/** Post with the buffers of the message's arrays, which then belong to the page. */
function send(message) {
  const content = message.answer || message.progress || {};
  const arrays = Object.values(content).filter((one) => ArrayBuffer.isView(one));
  post(message, [...new Set(arrays.map(({ buffer }) => buffer))]);
}

/** What went wrong, as a sentence: our own errors are of the class Error, and are sentences. */
function sentenceOf(error) {
  if (error.constructor === Error) return error.message;
  return `The engine stopped at an error of its own: ${error.message}.`;
}

/** Let other messages come through, sooner than a timer would. */
function pause() {
  return new Promise((go) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      go();
    };
    port2.postMessage(null);
  });
}

/** Run a long task step by step; between steps other asks are answered, and `stop` ends it. */
async function runLong(id, steps) {
  if (longTask) longTask.stopped = true;
  const task = { id, stopped: false };
  longTask = task;
  try {
    for (;;) {
      await pause();
      if (task.stopped) {
        send({ id, stopped: true });
        return;
      }
      const { done, value } = steps.next();
      if (done) {
        send({ id, answer: value });
        return;
      }
      if (value) send({ id, progress: value });
    }
  } catch (error) {
    send({ id, error: sentenceOf(error) });
  } finally {
    if (longTask === task) longTask = null;
  }
}

/** Receive {id, ask, …} from the page. */
function receive(message) {
  const { id, ask } = message;
  try {
    needInOrder(ask);
    const answer = asks[ask](message);
    if (typeof answer.next === "function") runLong(id, answer);
    else send({ id, answer });
  } catch (error) {
    send({ id, error: sentenceOf(error) });
  }
}
