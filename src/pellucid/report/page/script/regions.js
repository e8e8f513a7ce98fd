// Regions: exact sets of places of one value, as unions of products of index sets, or as a mask.
//
// Below: indices.js.  Above: links.js carries regions through layers.
// Kept true: a mask that is a product becomes one; `axes` tells whether the set is all combinations of its indices.

const MOST_PRODUCTS = 8;

class Region {
  /** `products` hold one sorted array for each axis; where there is a `mask` (a byte for each place), they are empty. */
  constructor(shape, products = [], mask = null) {
    this.shape = shape;
    this.products = products;
    this.mask = mask;
  }

  static whole(shape) {
    return Region.of(shape, [shape.map((n) => range(0, n))]);
  }

  static at(shape, place) {
    return Region.of(shape, [place.map((i) => [i])]);
  }

  static of(shape, products) {
    const kept = [];
    for (const one of products) if (one.every((indices) => indices.length)) joinTo(kept, one);
    const region = new Region(shape, kept);
    return kept.length > MOST_PRODUCTS ? Region.ofMask(shape, region.asMask()) : region;
  }

  static ofMask(shape, mask) {
    const { count, hull } = projected(shape, mask);
    if (!count) return new Region(shape);
    return product(hull.map((indices) => indices.length)) === count
      ? new Region(shape, [hull])
      : new Region(shape, [], mask);
  }

  get isEmpty() {
    return !this.mask && !this.products.length;
  }

  get count() {
    if (this.mask || this.products.length > 1) return this.asMask().reduce((sum, bit) => sum + bit, 0);
    return this.products.length ? product(this.products[0].map((indices) => indices.length)) : 0;
  }

  /** For each axis every index that some place has; null if there is no place. */
  get hull() {
    if (this.mask) return projected(this.shape, this.mask).hull;
    if (!this.products.length) return null;
    return this.products.reduce((hull, one) => hull.map((indices, axis) => united(indices, one[axis])));
  }

  get box() {
    return this.hull?.map((indices) => [indices[0], indices[indices.length - 1]]) ?? null;
  }

  /** The index set of each axis, where the region is one product of them; else null. */
  get axes() {
    if (this.mask || this.isEmpty) return null;
    if (this.products.length === 1) return this.products[0];
    return Region.ofMask(this.shape, this.asMask()).products[0] ?? null;
  }

  has(place) {
    if (this.mask) return this.mask[flatOf(place, this.shape)] === 1;
    return this.products.some((one) => one.every((indices, axis) => indices.includes(place[axis])));
  }

  asMask() {
    if (this.mask) return this.mask;
    const mask = new Uint8Array(product(this.shape));
    for (const one of this.products) fill(mask, this.shape, one);
    return mask;
  }

  /** Every place, in row-major order. */
  *places() {
    const mask = this.products.length === 1 ? null : this.asMask();
    if (mask) {
      for (let flat = 0; flat < mask.length; flat++) if (mask[flat]) yield placeOf(flat, this.shape);
    } else {
      yield* combinations(this.products[0]);
    }
  }

  or(other) {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    if (!this.mask && !other.mask) return Region.of(this.shape, [...this.products, ...other.products]);
    const mask = this.asMask().slice();
    other.asMask().forEach((bit, flat) => (mask[flat] |= bit));
    return Region.ofMask(this.shape, mask);
  }
}

function* combinations(sets, axis = 0, place = []) {
  if (axis === sets.length) {
    yield place.slice();
    return;
  }
  for (const i of sets[axis]) {
    place[axis] = i;
    yield* combinations(sets, axis + 1, place);
  }
}

/** Set the bytes of a product, row after row of its last axis. */
const fill = (mask, shape, sets) => {
  if (!shape.length) {
    mask[0] = 1;
    return;
  }
  const last = sets[sets.length - 1];
  const length = shape[shape.length - 1];
  for (const row of combinations(sets.slice(0, -1))) {
    const start = flatOf(row, shape) * length;
    for (const i of last) mask[start + i] = 1;
  }
};

/** How many places a mask has, and for each axis the indices that occur. */
const projected = (shape, mask) => {
  const seen = shape.map((n) => new Uint8Array(n));
  let count = 0;
  for (let flat = 0; flat < mask.length; flat++) {
    if (!mask[flat]) continue;
    count++;
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      seen[axis][rest % shape[axis]] = 1;
      rest = Math.floor(rest / shape[axis]);
    }
  }
  return { count, hull: count ? seen.map((bits) => range(0, bits.length).filter((i) => bits[i])) : null };
};

/** Add a product to others; one that differs from it on one axis alone becomes one with it. */
const joinTo = (kept, added) => {
  for (let k = 0; k < kept.length; k++) {
    const one = kept[k];
    if (one.every((indices, axis) => holds(indices, added[axis]))) return;
    const differ = range(0, one.length).filter((axis) => !isSameSet(one[axis], added[axis]));
    if (differ.length === 1) {
      kept.splice(k, 1);
      joinTo(kept, one.map((indices, axis) => (axis === differ[0] ? united(indices, added[axis]) : indices)));
      return;
    }
  }
  const left = kept.filter((one) => !one.every((indices, axis) => holds(added[axis], indices)));
  kept.splice(0, kept.length, ...left, added);
};
