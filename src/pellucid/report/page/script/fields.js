// Receptive fields: the box of cells that a unit looks at, with and without the edges; as Trace.receptive_field.
//
// Below: rules.js says how far each rule reaches, following.js found the exact cells.
// Kept true: strides are fractions until the end, so that they come out as whole as they are.

const greatestDivisor = (a, b) => (b ? greatestDivisor(b, a % b) : a);

const times = ([a, b], [c, d]) => {
  const divisor = greatestDivisor(a * c, b * d) || 1;
  return [(a * c) / divisor, (b * d) / divisor];
};

const larger = (a, b) => (a[0] * b[1] >= b[0] * a[1] ? a : b);

const unitReach = (at) => ({ first: at, last: at, start: 0, stride: [1, 1] });

/** The field of a unit in one value, from the walk back that began there; null where nothing leads there. */
const receptiveField = (network, answer, number, goal, place) => {
  const reaches = new Map([[number, place.map(unitReach)]]);
  for (const layer of network.between(answer.goals, number).reverse()) {
    for (const written of layer.writes) {
      if (reaches.has(written) && layer.reads.length) reachThrough(network, reaches, layer, written, answer.walk);
    }
  }
  if (!reaches.has(goal)) return null;
  const names = network.axesOf(goal);
  const spatial = range(0, names.length).filter((axis) => !["channels", "features"].includes(names[axis]));
  const axes = spatial.length ? spatial : range(0, names.length);
  return fieldOf(axes.map((axis) => reaches.get(goal)[axis]), axes, network.shapeOf(goal), answer.walk.regions.get(goal));
};

const fieldOf = (chosen, axes, shape, region) => {
  const hull = region?.hull?.filter((_, axis) => axes.includes(axis)) ?? null;
  const ends = (indices) => [indices[0], indices[indices.length - 1]];
  return {
    size: chosen.map((one) => one.last - one.first + 1),
    stride: chosen.map((one) => one.stride[0] / one.stride[1]),
    start: chosen.map((one) => one.start),
    unclipped: chosen.map((one) => [one.first, one.last]),
    clipped: hull?.map(ends) ?? null,
    holes: chosen.map((_, k) => hull !== null && ends(hull[k])[1] - ends(hull[k])[0] + 1 > hull[k].length),
    padding: chosen.map((one, k) => [Math.max(-one.first, 0), Math.max(one.last - shape[axes[k]] + 1, 0)]),
  };
};

const reachThrough = (network, reaches, layer, written, walk) => {
  const outShape = network.shapeOf(written);
  const whole = layer.links[layer.writes.indexOf(written)];
  let start = 0;
  layer.reads.forEach((read, k) => {
    const shape = network.shapeOf(read);
    let link = whole?.is === "Each" ? whole.links[k] ?? whole.rest : whole;
    if (link?.is === "Join") {
      const axis = link.axis < 0 ? link.axis + shape.length : link.axis;
      link = { is: "Along", axes: [[axis, { is: "Shift", before: start }]] };
      start += shape[axis];
      if (walk.regions.get(read)?.isEmpty ?? true) return;
    }
    const found = reachBehind(link, reaches.get(written), shape, outShape, walk.regions.get(read));
    if (found) reaches.set(read, reaches.has(read) ? reaches.get(read).map((one, axis) => wider(one, found[axis])) : found);
  });
};

const wider = (a, b) => ({
  first: Math.min(a.first, b.first),
  last: Math.max(a.last, b.last),
  start: Math.min(a.start, b.start),
  stride: larger(a.stride, b.stride),
});

const reachBehind = (link, behind, shape, outShape, region) => {
  const rules = link && rulesOf(link, shape, outShape);
  if (rules && isNothing(rules)) return null;
  if (rules) return rules.map(([rule, axis], k) => reachOfAxis(rule, axis, behind, shape[k], outShape));
  // Order was lost, as in a Flatten: a single element begins anew, a larger set stays where it is.
  return region?.hull?.map((indices) =>
    indices.length === 1
      ? unitReach(indices[0])
      : { first: indices[0], last: indices[indices.length - 1], start: indices[0], stride: [0, 1] }) ?? null;
};

/** Whether no place is ever fed, such as by a mask that is not used. */
const isNothing = (rules) => rules.length > 0 && rules.every(([rule, axis]) => axis === null && rule.is === "Chosen" && !rule.table[0].length);

const reachOfAxis = (rule, axis, behind, nIn, outShape) => {
  if (axis === null) {
    const [first, last] = reachOf(rule, 0, 0, nIn, 1);
    return { first, last, start: first, stride: [0, 1] };
  }
  const [first, last] = reachOf(rule, behind[axis].first, behind[axis].last, nIn, outShape[axis]);
  const [start] = reachOf(rule, behind[axis].start, behind[axis].start, nIn, outShape[axis]);
  return { first, last, start, stride: times(behind[axis].stride, paceOf(rule)) };
};
