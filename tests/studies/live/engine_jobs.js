/*
 * Runs the live page's engine on a list of jobs: node engine_jobs.js ENGINE JOBS NUMBERS OUT
 *
 * ENGINE is the joined engine, a function that returns its inner names. JOBS is a JSON list; arrays
 * lie in NUMBERS (f32), each as [first, count]. To OUT go the values that are asked for, those of all
 * ReLUs (the gates of the ways down), and the signals below, in this order for each run.
 */
'use strict';
const fs = require('fs');

const [enginePath, jobsPath, numbersPath, outPath] = process.argv.slice(2);
const inner = new Function(
  `${fs.readFileSync(enginePath, 'utf8')}; return liveEngine(() => {});`,
)();
const numbers = new Float32Array(new Uint8Array(fs.readFileSync(numbersPath)).buffer);
const array = ([first, count]) => numbers.subarray(first, first + count);
const out = fs.openSync(outPath, 'w');
const write = (data) =>
  fs.writeSync(out, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

const products = { simd: inner.makeProduct(inner.KERNEL), plain: inner.makeProduct('') };
if (!products.simd.simd || products.plain.simd)
  throw new Error('a product is not what its name says');

for (const { network, parts, product, runs } of JSON.parse(fs.readFileSync(jobsPath, 'utf8'))) {
  const engine = new inner.Engine(network, products[product]);
  parts.forEach((path, part) => engine.add(part + 1, new Uint8Array(fs.readFileSync(path))));
  for (const { pixels, size, values, downs } of runs) {
    const run = engine.run(array(pixels), values, size);
    for (const value of values) write(run.value(value).data);
    for (const node of run.nodes) if (node.op === 'relu') write(run.values.get(node.output));
    for (const { value, signal, rule, until } of downs) {
      write(run.down(value, array(signal), rule, until));
    }
  }
}
fs.closeSync(out);
