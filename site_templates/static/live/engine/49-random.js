// Random numbers that a seed repeats: Mulberry32 (Tommy Ettinger, 2017; public domain).

/** A function that gives the next number, evenly spread over 0 ≤ number < 1. */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from −reach to reach. */
function randomShift(random, reach) {
  return Math.floor(random() * (2 * reach + 1)) - reach;
}
