// Sets of indices along one axis: sorted arrays of whole numbers, each once.
//
// Above: rules.js maps such sets along an axis; regions.js makes products of them.

const range = (first, stop, step = 1) => {
  const found = [];
  for (let i = first; i < stop; i += step) found.push(i);
  return found;
};

const sortedSet = (indices) => [...new Set(indices)].sort((a, b) => a - b);

const isSameSet = (a, b) => a.length === b.length && a.every((i, k) => i === b[k]);

/** Whether every index of `b` is one of `a`. */
const holds = (a, b) => {
  let k = 0;
  for (const i of b) {
    while (k < a.length && a[k] < i) k++;
    if (a[k] !== i) return false;
  }
  return true;
};

const united = (a, b) => sortedSet([...a, ...b]);

const product = (numbers) => numbers.reduce((a, b) => a * b, 1);

const floorDivided = (a, b) => Math.floor(a / b);
const ceilDivided = (a, b) => Math.ceil(a / b);

/** The flat index of a place, in row-major order: the last axis changes fastest. */
const flatOf = (place, shape) => place.reduce((flat, i, axis) => flat * shape[axis] + i, 0);

const placeOf = (flat, shape) => {
  const place = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return place;
};
