// Values: the numbers of a run and of the weights, unpacked when first asked for.
//
// Above: answers.js and the views.
// Kept true: a number is shown as it was packed, or it is null because the page does not have it.

const ARRAYS = { u1: Uint8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };

const unpacked = (packed) => {
  if (!packed) return null;
  if (!packed.unpacked) {
    const bytes = Uint8Array.from(atob(packed.data), (letter) => letter.charCodeAt(0));
    packed.unpacked = new ARRAYS[packed.kind](bytes.buffer);
    delete packed.data;
  }
  return packed.unpacked;
};

class Values {
  constructor(data, network) {
    this.network = network;
    this.stored = new Map(Object.entries(data.values).map(([number, samples]) => [Number(number), samples]));
    this.weights = new Map(Object.entries(data.weights));
    this.made = new Map(Object.entries(data.made));
    this.memory = new Map(Object.entries(data.memory).map(([number, lies]) => [Number(number), lies]));
    this.samples = data.samples;
    this.sample = 0;
  }

  /** All numbers of a value in row-major order, where they stand in the page themselves. */
  all(number) {
    return unpacked(this.stored.get(number)?.[this.sample]);
  }

  /** Whether the numbers of a value are here, or can be read off those before a layer that only rearranges. */
  has(number) {
    if (this.stored.get(number)?.[this.sample]) return true;
    const layer = this.network.writer.get(number);
    return Boolean(layer.map) && this.has(layer.reads[0]);
  }

  at(number, place) {
    const numbers = this.all(number);
    if (numbers) return numbers[flatOf(place, this.network.shapeOf(number))];
    if (!this.has(number)) return null;
    const layer = this.network.writer.get(number);
    return this.at(layer.reads[0], mapToInput(layer.map, place));
  }

  /** One entry of a weight; null where neither the whole weight nor a part with it is here. */
  weight(layer, name, index) {
    const held = this.weights.get(layer.path)?.[name];
    if (!held) return null;
    for (const part of held) {
      const at = offsetIn(part.index, index);
      if (at !== null) return unpacked(part.numbers)[at];
    }
    return null;
  }

  /** What only the layer itself could tell of a unit, noted by Python: sums of values inside, or what it recorded. */
  noted({ number, place }) {
    if (this.sample > 0) return null;
    const layer = this.network.writer.get(number);
    return this.made.get(layer.path)?.[`${layer.writes.indexOf(number)}:${place}`] ?? null;
  }
}

/** Where an entry lies among those of an index; null if it is none of them. */
const offsetIn = (held, index) => {
  let at = 0;
  for (let k = 0; k < index.length; k++) {
    if (!Array.isArray(held[k])) {
      if (held[k] !== index[k]) return null;
      continue;
    }
    const [first, stop, step] = held[k];
    if (index[k] < first || index[k] >= stop || (index[k] - first) % step) return null;
    at = at * Math.ceil((stop - first) / step) + (index[k] - first) / step;
  }
  return at;
};

// ---- the maps of layers that only rearrange

const mapToInput = (map, place) => {
  if (map.moved) return map.in_shape.map((_, axis) => place[map.moved.indexOf(axis)]);
  const sizes = map.read.map((axis) => map.in_shape[axis]);
  const at = placeOf(flatOf(place, map.out_shape), sizes);
  return map.in_shape.map((_, axis) => at[map.read.indexOf(axis)]);
};

const mapToOutput = (map, place) => {
  if (map.moved) return map.moved.map((axis) => place[axis]);
  const flat = flatOf(map.read.map((axis) => place[axis]), map.read.map((axis) => map.in_shape[axis]));
  return placeOf(flat, map.out_shape);
};
