// Values: the numbers of a run and of the weights, unpacked when first asked for.
//
// Above: answers.js and the views.
// Kept true: a number is shown as it was packed, or it is null because the page does not have it.

const ARRAYS = { u1: Uint8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };

const unpacked = (made) => {
  if (!made) return null;
  if (!made.numbers) {
    const text = atob(made.data);
    const bytes = new Uint8Array(text.length);
    for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
    made.numbers = new ARRAYS[made.kind](bytes.buffer);
    delete made.data;
  }
  return made.numbers;
};

class Values {
  constructor(data, network) {
    this.network = network;
    this.stored = new Map(Object.entries(data.values).map(([number, samples]) => [Number(number), samples]));
    this.weights = new Map(Object.entries(data.weights));
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

  bias(layer, channel) {
    return layer.has_bias ? unpacked(this.weights.get(layer.path)?.bias)?.[channel] ?? null : 0;
  }

  /** One entry of a kernel; null where neither the kernel nor the unit that it belongs to is here. */
  weight(layer, index) {
    const held = this.weights.get(layer.path);
    const { shape, channels } = layer.kernel;
    const whole = unpacked(held?.kernel);
    if (whole) return whole[flatOf(index, shape)];
    const [a, b] = index.slice(-2);
    const cells = [index.slice(0, -2), shape.slice(0, -2)];
    const [unit, rest, sizes] = {
      apart: () => [a * shape[shape.length - 1] + b, [], []],
      back: () => [a, [b], [shape[shape.length - 1]]],
      mixed: () => [b, [a], [shape[shape.length - 2]]],
    }[channels.kind]();
    return unpacked(held?.units[unit])?.[flatOf([...cells[0], ...rest], [...cells[1], ...sizes])] ?? null;
  }

  /** What the layer itself gave before its activation, where that was noted. */
  recorded(layer, place) {
    return this.sample === 0 ? this.weights.get(layer.path)?.recorded[place.join(",")] ?? null : null;
  }
}

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
