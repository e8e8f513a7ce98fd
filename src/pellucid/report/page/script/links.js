// Links: a region of a layer's output carried back to the regions of its inputs that feed it.
//
// Below: rules.js follows one axis, regions.js holds the sets.  Above: following.js goes from layer to layer.
// The data are pellucid's own links (links/algebra.py), field by field; `is` names the kind. Places have no batch axis.

/** For each input axis its rule and the output axis that it follows; null for links of another kind. */
const rulesOf = (link, inShape, outShape) => {
  if (link.is === "Same") {
    const missing = outShape.length - inShape.length;
    return inShape.map((_, axis) => [{ is: "Keep" }, axis + missing]);
  }
  if (link.is === "Along") {
    const byAxis = new Map(link.axes.map(([axis, rule]) => [axis < 0 ? axis + inShape.length : axis, rule]));
    return inShape.map((_, axis) => [byAxis.get(axis) ?? { is: "Keep" }, axis]);
  }
  return link.is === "Follow" ? link.axes : null;
};

/** For each input the places that feed a region of the output. */
const back = (link, region, inShapes) => {
  if (region.isEmpty) return inShapes.map((shape) => new Region(shape));
  const known = BACK[link.is];
  if (known) return known(link, region, inShapes);
  return inShapes.map((shape) => axiswiseBack(rulesOf(link, shape, region.shape), region, shape));
};

const BACK = {
  All: (link, region, inShapes) => inShapes.map(Region.whole),
  Reshape(link, region, [inShape]) {
    const order = link.order ?? inShape.map((_, axis) => axis);
    const read = order.map((axis) => inShape[axis]);
    const inverse = inShape.map((_, axis) => order.indexOf(axis));
    return [transposed(reshaped(region, read), inverse)];
  },
  Join(link, region, inShapes) {
    const axis = link.axis < 0 ? link.axis + region.shape.length : link.axis;
    let start = 0;
    return inShapes.map((shape) => {
      const moved = { is: "Along", axes: [[axis, { is: "Shift", before: start }]] };
      start += shape[axis];
      return back(moved, region, [shape])[0];
    });
  },
  Each: (link, region, inShapes) =>
    inShapes.map((shape, k) => back(link.links[k] ?? link.rest, region, [shape])[0]),
  Within: (link, region, [inShape]) => [withinBack(link.link, region, inShape)],
  Beside: (link, region, inShapes) => placeByPlace(region, inShapes, (place) => besideBack(link, place, region, inShapes)),
  Walk: (link, region, inShapes) => placeByPlace(region, inShapes, (place) => walkBack(link, place, region, inShapes)),
};

const placeByPlace = (region, inShapes, backOf) => {
  const found = inShapes.map((shape) => new Region(shape));
  for (const place of region.places()) backOf(place).forEach((one, k) => (found[k] = found[k].or(one)));
  return found;
};

// ---- a rule for each axis

const axiswiseBack = (rules, region, inShape) => {
  const followed = rules.map(([, axis]) => axis).filter((axis) => axis !== null);
  if (new Set(followed).size < followed.length) {
    const singles = [...region.places()].map((place) => place.map((i) => [i]));
    return Region.of(inShape, singles.map((one) => productBack(rules, one, inShape, region.shape)));
  }
  if (region.mask) return maskBack(rules, region, inShape);
  return Region.of(inShape, region.products.map((one) => productBack(rules, one, inShape, region.shape)));
};

const productBack = (rules, sets, inShape, outShape) =>
  rules.map(([rule, axis], k) =>
    axis === null ? allSources(rule, [0], inShape[k], 1) : allSources(rule, sets[axis], inShape[k], outShape[axis]));

const maskBack = (rules, region, inShape) => {
  const sizes = rules.map(([, axis]) => (axis === null ? 1 : region.shape[axis]));
  let mask = new Uint8Array(product(sizes));
  for (const place of region.places()) {
    mask[flatOf(rules.map(([, axis]) => (axis === null ? 0 : place[axis])), sizes)] = 1;
  }
  const shape = sizes.slice();
  rules.forEach(([rule], k) => {
    const table = range(0, sizes[k]).map((i) => sourcesOf(rule, i, inShape[k], sizes[k]));
    mask = spread(mask, shape, k, table, inShape[k]);
    shape[k] = inShape[k];
  });
  return Region.ofMask(inShape, mask);
};

/** Each index of an axis replaced by those of its row of the table. */
const spread = (mask, shape, axis, table, size) => {
  const inner = product(shape.slice(axis + 1));
  const outer = product(shape.slice(0, axis));
  const found = new Uint8Array(outer * size * inner);
  for (let o = 0; o < outer; o++) {
    table.forEach((row, i) => {
      const start = (o * table.length + i) * inner;
      for (let k = 0; k < inner; k++) if (mask[start + k]) for (const j of row) found[(o * size + j) * inner + k] = 1;
    });
  }
  return found;
};

// ---- row-major order

const transposed = (region, order) => {
  if (order.every((axis, k) => axis === k)) return region;
  const shape = order.map((axis) => region.shape[axis]);
  if (!region.mask) return new Region(shape, region.products.map((one) => order.map((axis) => one[axis])));
  const mask = new Uint8Array(region.mask.length);
  for (const place of region.places()) mask[flatOf(order.map((axis) => place[axis]), shape)] = 1;
  return new Region(shape, [], mask);
};

/** The same elements, in row-major order, under another shape. */
const reshaped = (region, shape) => {
  if (shape.length === region.shape.length && shape.every((n, axis) => n === region.shape[axis])) return region;
  const count = region.mask ? null : region.count;
  if (count === 1) return Region.at(shape, placeOf(flatOf(region.products[0].map(([i]) => i), region.shape), shape));
  return count === product(shape) ? Region.whole(shape) : Region.ofMask(shape, region.asMask());
};

// ---- links inside links

const withinBack = (link, region, inShape) => {
  const [steps, ...inside] = region.shape;
  const parts = region.mask
    ? range(0, steps).map((step) => [[step], Region.ofMask(inside, maskOfStep(region, step))])
    : region.products.map(([first, ...sets]) => [first, Region.of(inside, [sets])]);
  return parts.reduce((found, [at, inner]) => {
    const [one] = back(link, inner, [inShape.slice(1)]);
    return found.or(withSteps(at, one, inShape));
  }, new Region(inShape));
};

const maskOfStep = (region, step) => {
  const size = region.mask.length / region.shape[0];
  return region.mask.slice(step * size, (step + 1) * size);
};

const withSteps = (steps, region, shape) => {
  if (!region.mask) return Region.of(shape, region.products.map((one) => [steps, ...one]));
  const mask = new Uint8Array(product(shape));
  for (const step of steps) mask.set(region.mask, step * region.mask.length);
  return Region.ofMask(shape, mask);
};

const besideBack = (link, place, region, inShapes) => {
  const axis = link.axis < 0 ? link.axis + region.shape.length : link.axis;
  const at = place.slice();
  for (const [one, size] of link.links) {
    if (at[axis] < size) {
      const shape = region.shape.map((n, k) => (k === axis ? size : n));
      return inShapes.map((inShape) => back(one, Region.at(shape, at), [inShape])[0]);
    }
    at[axis] -= size;
  }
  return inShapes.map((shape) => new Region(shape));
};

const walkBack = (link, place, region, [inShape, ...others]) => {
  const [steps, ...inside] = inShape;
  const first = link.every ? 1 : 0;
  const shape = region.shape.slice(first);
  let seen = place.slice(first).map((i) => [i]);
  const found = [];
  for (let step = link.every ? place[0] : steps - 1; step >= 0; step--) {
    const window = productBack(rulesOf(link.window, inside, shape), seen, inside, shape);
    found.push([[link.backwards ? steps - 1 - step : step], ...window]);
    seen = productBack(rulesOf(link.state, shape, shape), seen, shape, shape);
  }
  return [Region.of(inShape, found), ...others.map(Region.whole)];
};
