// Rules: from indices along an output axis to indices along an input axis; the same as pellucid's links/rules.py.
//
// Below: indices.js.  Above: links.js.
// Kept true: `sources` defines a rule. `reach` looks past the ends of the input, as receptive fields do.
// Speeds are fractions, [cells, steps], so that they multiply without rounding.

/** Cells of padding in front of the input of a sliding window. */
const paddingBefore = (rule, nIn) => {
  const reach = (rule.size - 1) * rule.dilation + 1;
  if (rule.padding === "causal") return reach - 1;
  if (rule.padding !== "same") return 0;
  return floorDivided(Math.max((ceilDivided(nIn, rule.stride) - 1) * rule.stride + reach - nIn, 0), 2);
};

const RULES = {
  Keep: {
    sources: (rule, i, nIn) => [nIn === 1 ? 0 : i],
    reach: (rule, first, last, nIn) => (nIn === 1 ? [0, 0] : [first, last]),
  },
  Whole: {
    pace: () => [0, 1],
    sources(rule, i, nIn, nOut) {
      if (rule.groups === 1) return range(0, nIn);
      const size = floorDivided(nIn, rule.groups);
      const group = floorDivided(i, floorDivided(nOut, rule.groups));
      return range(group * size, (group + 1) * size);
    },
    reach: (rule, first, last, nIn, nOut) =>
      rule.groups > 1 ? insideReach(rule, first, last, nIn, nOut) : [0, nIn - 1],
  },
  Slide: {
    pace: (rule) => [rule.stride, 1],
    sources(rule, i, nIn) {
      let first = i * rule.stride - paddingBefore(rule, nIn);
      const last = first + (rule.size - 1) * rule.dilation;
      if (first < 0) first += ceilDivided(-first, rule.dilation) * rule.dilation;
      return range(first, Math.min(last, nIn - 1) + 1, rule.dilation);
    },
    reach(rule, first, last, nIn) {
      const before = paddingBefore(rule, nIn);
      return [first * rule.stride - before, last * rule.stride - before + (rule.size - 1) * rule.dilation];
    },
  },
  SlideBack: {
    pace: (rule) => [1, rule.stride],
    sources(rule, i, nIn) {
      const cells = range(0, rule.size).map((k) => i + rule.crop - k * rule.dilation);
      const whole = cells.filter((cell) => cell % rule.stride === 0).map((cell) => cell / rule.stride);
      return sortedSet(whole.filter((j) => 0 <= j && j < nIn));
    },
    reach: (rule, first, last) => [
      ceilDivided(first + rule.crop - (rule.size - 1) * rule.dilation, rule.stride),
      floorDivided(last + rule.crop, rule.stride),
    ],
  },
  Shift: {
    sources: (rule, i, nIn) => (0 <= i - rule.before && i - rule.before < nIn ? [i - rule.before] : []),
    reach: (rule, first, last) => [first - rule.before, last - rule.before],
  },
  Repeat: {
    pace: (rule) => [1, rule.times],
    sources: (rule, i) => [floorDivided(i, rule.times)],
    reach: (rule, first, last) => [floorDivided(first, rule.times), floorDivided(last, rule.times)],
  },
  Blend: {
    pace: (rule) => [1, rule.times],
    sources(rule, i, nIn) {
      const unit = 2 * rule.times;
      const point = 2 * i + 1 - rule.times;
      const first = Math.max(ceilDivided(point, unit) - rule.radius, 0);
      const near = range(first, Math.min(floorDivided(point, unit) + rule.radius, nIn - 1) + 1);
      return near.filter((j) => {
        const far = unit * j - point;
        return far === 0 || (Math.abs(far) < unit * rule.radius && far % unit !== 0);
      });
    },
  },
  Adaptive: {
    sources: (rule, i, nIn, nOut) => range(floorDivided(i * nIn, nOut), ceilDivided((i + 1) * nIn, nOut)),
  },
  Past: {
    sources(rule, i, nIn, nOut) {
      const walked = rule.flipped ? nOut - i : i + 1;
      return rule.backwards ? range(nIn - walked, nIn) : range(0, walked);
    },
  },
  Chosen: {
    sources: (rule, i) => rule.table[i],
  },
};

const sourcesOf = (rule, i, nIn, nOut) => RULES[rule.is].sources(rule, i, nIn, nOut);

/** The input indices that feed any of these output indices. */
const allSources = (rule, indices, nIn, nOut) => {
  if (indices.length === 1) return sourcesOf(rule, indices[0], nIn, nOut);
  if (rule.is === "Keep" && nIn !== 1) return indices;
  if (rule.is === "Whole" && rule.groups === 1) return range(0, indices.length ? nIn : 0);
  const found = new Uint8Array(nIn);
  for (const i of indices) for (const j of sourcesOf(rule, i, nIn, nOut)) found[j] = 1;
  return range(0, nIn).filter((j) => found[j]);
};

const insideReach = (rule, first, last, nIn, nOut) => {
  const [a, b] = [first, last].map((i) => Math.min(Math.max(i, 0), nOut - 1));
  const found = allSources(rule, range(a, b + 1), nIn, nOut);
  return found.length ? [found[0], found[found.length - 1]] : [0, -1];
};

/** First and last index that the outputs from `first` to `last` look at, as if the input had no ends. */
const reachOf = (rule, first, last, nIn, nOut) =>
  (RULES[rule.is].reach ?? insideReach)(rule, first, last, nIn, nOut);

/** Input cells to one step along the output, as a fraction. */
const paceOf = (rule) => RULES[rule.is].pace?.(rule) ?? [1, 1];
