// Addresses: what somebody types to find an element or a layer.
//
//   10000   13,0,16   h=13 w=0 c=16      in the layer that is shown; coordinates also of what it reads
//   dense_1[7]   conv:0,3,2   pool@5000   flatten      by path
//   lstm#1[3]                                          a layer's second output
//
// Kept true: an address that means nothing says what would; the longest path that exists is meant.

class AddressError extends Error {}

const COORDINATE = /([a-z]\w*)\s*=\s*(\d+)/gi;

/** An element {number, place}, place null for a whole layer; `mapOf` gives the map of a layer that rearranges. */
const resolve = (network, text, current, mapOf = (layer) => layer.map) => {
  const typed = text.trim();
  const whole = network.numberOf(typed);
  if (whole !== null) return { number: whole, place: null };
  const bare = /^[\d\s,]+$/.test(typed) ? numbersIn(typed) : null;
  if (bare?.length) return inLayer(network, current, bare, mapOf);
  const named = [...typed.matchAll(COORDINATE)];
  if (named.length && !typed.replace(COORDINATE, "").replace(/[\s,]/g, "")) {
    return byLetters(network, current, new Map(named.map(([, letter, i]) => [letter, Number(i)])), mapOf);
  }
  const found = /^(.*?)(?:\[([\d,\s]+)\]|:([\d,]+)|@(\d+))$/.exec(typed);
  const number = found && network.numberOf(found[1]);
  if (number === null) throw new AddressError(unknownPath(network, found ? found[1] : typed));
  return inLayer(network, number, numbersIn(found[2] ?? found[3] ?? found[4]), mapOf);
};

const numbersIn = (text) => text.split(/[\s,]+/).filter(Boolean).map(Number);

/** A flat index or a place in a layer's output, or coordinates of what a rearranging layer reads. */
const inLayer = (network, number, indices, mapOf) => {
  const shape = network.shapeOf(number);
  const layer = network.writer.get(number);
  const map = mapOf(layer);
  if (indices.length === 1 && !shape.includes(null)) {
    if (indices[0] < product(shape)) return { number, place: placeOf(indices[0], shape) };
  } else if (indices.length === shape.length) {
    if (isInside(indices, shape)) return { number, place: indices };
  } else if (map && indices.length === map.in_shape.length && isInside(indices, map.in_shape)) {
    return { number, place: mapToOutput(map, indices) };
  }
  throw new AddressError(outside(layer, shape, indices));
};

const isInside = (place, shape) => place.every((i, axis) => shape[axis] === null || i < shape[axis]);

const outside = (layer, shape, indices) => {
  const count = shape.includes(null) ? null : product(shape);
  const flat = count === null ? "" : `a flat index from 0 to ${count - 1}`;
  const ways = [flat, shape.length > 1 ? `a place inside ${shapeText(shape)}` : "",
    layer.map ? `a place of its input, inside ${shapeText(layer.map.in_shape)}` : ""].filter(Boolean);
  return `${layer.path} has no element ${indices.join(", ")}. It takes ${ways.join(", or ")}.`;
};

const byLetters = (network, number, given, mapOf) => {
  const layer = network.writer.get(number);
  const map = mapOf(layer);
  const own = lettersOf(network.axesOf(number));
  const read = map ? lettersOf(map.axes) : [];
  for (const letters of [own, read]) {
    if (letters.length === given.size && letters.every((letter) => given.has(letter))) {
      return inLayer(network, number, letters.map((letter) => given.get(letter)), mapOf);
    }
  }
  const wanted = [own, read].filter((letters) => letters.length).map((letters) => letters.map((one) => `${one}=0`).join(" "));
  throw new AddressError(`Name each axis of ${layer.path}: ${wanted.join(", or ")}.`);
};

const unknownPath = (network, name) => {
  const near = [...network.numbers.keys()].map((path) => [distance(name, path), path]).sort((a, b) => a[0] - b[0]);
  return `No layer has the path “${name}”. Nearest: ${near.slice(0, 3).map(([, path]) => path).join(", ")}.`;
};

/** How many letters must change to make one word of another; a path that ends in the name is near. */
const distance = (a, b) => {
  if (b.endsWith(`/${a}`)) return 0.5;
  let row = range(0, b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
};
