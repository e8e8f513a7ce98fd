// Network: the page's data with names and numbers resolved. A layer reads and writes values by their numbers.
//
// Below: values.js has the numbers of a run.  Above: following.js and the views ask.

class Network {
  constructor(data) {
    this.data = data;
    this.layers = data.layers;
    this.layers.forEach((layer, position) => (layer.position = position));
    this.byPath = new Map(this.layers.map((layer) => [layer.path, layer]));
    this.writer = new Map(this.layers.flatMap((layer) => layer.writes.map((number) => [number, layer])));
    this.inputs = new Map(data.inputs);
    this.numbers = new Map(data.names);
  }

  /** The shape of a value without the batch axis; sizes may be null. */
  shapeOf(number) {
    return this.data.shapes[number].slice(1);
  }

  isKnown(number) {
    return !this.shapeOf(number).includes(null);
  }

  /** Whether all sizes are known, so that elements can be counted. */
  get isCountable() {
    return [...this.writer.keys()].every((number) => this.isKnown(number));
  }

  /** The number of a value by the path of its layer, or "path#1" for a second output; null if there is none. */
  numberOf(name) {
    if (this.numbers.has(name)) return this.numbers.get(name)[0];
    const [, path, output] = /^(.*?)(?:#(\d+))?$/s.exec(name);
    return this.numbers.get(path)?.[Number(output ?? 0)] ?? null;
  }

  nameOf(number) {
    const layer = this.writer.get(number);
    const output = layer.writes.indexOf(number);
    return output ? `${layer.path}#${output}` : layer.path;
  }

  /** The names of a value's axes, without the batch. */
  axesOf(number) {
    return this.writer.get(number).axes.slice(1);
  }

  /** From names to numbers of values: all inputs for "input", else the named one, as Trace.sources takes `to`. */
  goals(to) {
    if (to === "input" && !this.inputs.has(to)) return this.inputs;
    return new Map([[to, this.numbers.get(to)[0]]]);
  }

  /** The layers that a walk from a value back to these goals may need. */
  between(goals, number) {
    const first = Math.min(...[...goals.values()].map((goal) => this.writer.get(goal).position));
    return this.layers.slice(first + 1, this.writer.get(number).position + 1);
  }
}
