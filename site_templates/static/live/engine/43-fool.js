// Fooling: a small change that turns the answer. One signed step is that of Goodfellow, Shlens and
// Szegedy ("Explaining and harnessing adversarial examples", 2015); many are the projected gradient
// of Madry and others (2018), from the picture itself. A budget is the most that any of a pixel's
// three numbers, 0…255, may change. Beside each attack: noise of the same size.

const BUDGETS = [0, 0.5, 1, 2, 4, 8, 16];
const EXACT_TO = 0.25; // how closely the smallest budget is found

/**
 * Where to go [3, h, w]: the sign of the gradient that raises a target's log probability or,
 * without target, lowers the first answer's.
 */
function foolDirection(live, picture, first, target) {
  const { output } = live.network;
  const run = forward(live, picture, output);
  const probabilities = softmax(run.value(output).data);
  const number = target === null ? first : target;
  const towards = target === null ? -1 : 1;
  const rest = probabilities.reduce((sum, one, at) => sum + (at === number ? 0 : one), 0);
  // The derivative by the scores, [k = number] − p, divided by 1 − p: then none of it is too small
  // for single precision where the network is very sure.
  const signal = Float32Array.from(probabilities, (one, at) =>
    rest > 0 ? towards * (at === number ? 1 : -one / rest) : 0,
  );
  return pixelGradient(live, run, output, signal).map(Math.sign);
}

/** `picture` moved by `size` along a direction, in the ball around `original` and from 0 to 255. */
function stepInBall(picture, original, direction, size, budget) {
  const data = picture.data.map((pixel, at) => {
    const near = original.data[at];
    const lowest = Math.max(0, near - budget);
    const highest = Math.min(255, near + budget);
    return Math.min(highest, Math.max(lowest, pixel + size * direction[at]));
  });
  return { ...picture, data };
}

/** Yields after each step; returns the changed picture. One step is as long as the budget. */
function* attack(live, original, first, target, budget, steps) {
  const size = steps === 1 ? budget : (2.5 * budget) / steps; // Madry and others, appendix
  let picture = original;
  for (let step = 0; step < steps; step++) {
    const direction = foolDirection(live, picture, first, target);
    picture = stepInBall(picture, original, direction, size, budget);
    yield null;
  }
  return picture;
}

/** Noise of a budget's size: each number, or each pixel of a grey picture, moves by it, by chance. */
function noisy(original, budget, seed, grey = false) {
  const random = seededRandom(seed);
  const signs = original.data.map(() => (random() < 0.5 ? -1 : 1));
  const plane = signs.length / 3;
  if (grey) for (const map of [1, 2]) signs.copyWithin(map * plane, 0, plane);
  return stepInBall(original, original, signs, budget, budget);
}

/** The change enlarged to full contrast, RGBA; mid-grey where there is none. */
function enlargedChange(picture, original) {
  const change = picture.data.map((pixel, at) => pixel - original.data[at]);
  const largest = change.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const shown = change.map((one) => 127.5 + (largest > 0 ? (127.5 * one) / largest : 0));
  return rgbaBytes({ ...picture, data: shown });
}

/** Check what `fool` and `foolCurve` share: probabilities, the first answer, a target or null. */
function foolStart(live, original, { target = null, steps }) {
  needClasses(live);
  if (target !== null) needClass(live, target);
  needRange("number of steps", steps, 1, 100, true);
  const before = probabilitiesOf(live, original);
  const first = fiveBest(before)[0][0];
  if (target === first) {
    throw new Error("The class to reach is already the first answer; choose another.");
  }
  return { before, first, target };
}

/** The answer to `fool`. `shown`: the five best for the bytes of `pixels`, which are rounded. */
function* fool(live, original, ask) {
  const { budget, steps, seed } = ask;
  needRange("budget", budget, 0, 255);
  const { before, first, target } = foolStart(live, original, ask);
  yield null;
  const picture = yield* attack(live, original, first, target, budget, steps);
  const after = probabilitiesOf(live, picture);
  yield null;
  const grain = noisy(original, budget, seed, live.network.grey);
  const noise = probabilitiesOf(live, grain);
  yield null;
  const pixels = rgbaBytes(picture);
  const shown = probabilitiesOf(live, planarPicture(pixels, picture.height, picture.width));
  return {
    pixels,
    noisePixels: rgbaBytes(grain),
    change: enlargedChange(picture, original),
    before: fiveBest(before),
    after: fiveBest(after),
    noise: fiveBest(noise),
    shown: fiveBest(shown),
    budget,
    probability: { before: before[first], after: after[first], noise: noise[first] },
  };
}

/**
 * The answer to `foolCurve`: yields after each budget. `step` and `noise` are the first answer's
 * probability, `towards` the target's. `smallest` is the smallest budget found that turns the
 * answer: between it and the next smaller one that does not lie no more than a quarter.
 */
function* foolCurve(live, original, ask) {
  const { first, target } = foolStart(live, original, ask);
  const curve = { first, budgets: [], step: [], noise: [], towards: target === null ? null : [] };
  let smallest = null;
  for (const budget of BUDGETS) {
    const found = yield* attacked(live, original, first, target, budget, ask.steps);
    const noise = probabilitiesOf(live, noisy(original, budget, ask.seed, live.network.grey));
    curve.budgets.push(budget);
    curve.step.push(found.probabilities[first]);
    curve.noise.push(noise[first]);
    if (target !== null) curve.towards.push(found.probabilities[target]);
    if (smallest === null && found.turned) smallest = budget;
    const soFar = JSON.parse(JSON.stringify(curve)); // the page may keep it while this one grows
    yield { ...soFar, done: curve.budgets.length, of: BUDGETS.length };
  }
  if (smallest !== null) {
    let below = BUDGETS[BUDGETS.indexOf(smallest) - 1];
    while (smallest - below > EXACT_TO) {
      const middle = (smallest + below) / 2;
      const { turned } = yield* attacked(live, original, first, target, middle, ask.steps);
      if (turned) smallest = middle;
      else below = middle;
    }
  }
  return { ...curve, smallest };
}

/** The probabilities after an attack, and whether the answer turned, or turned to the target. */
function* attacked(live, original, first, target, budget, steps) {
  const picture = yield* attack(live, original, first, target, budget, steps);
  const probabilities = probabilitiesOf(live, picture);
  const answer = fiveBest(probabilities)[0][0];
  return { probabilities, turned: target === null ? answer !== first : answer === target };
}
