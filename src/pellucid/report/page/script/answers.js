// Answers: all that is known of one element, as plain data; the same as pellucid's Explanation.to_dict.
//
// Below: following.js, fields.js, weighing.js and values.js answer one question each.
// Above: the views draw this, and `pellucid.explain(address)` in the browser's console gives it.

const LAYER_FACTS = ["path", "kind", "inputs", "input_shapes", "output_shape", "output_shapes", "axes", "params", "macs",
  "index_map", "exact"];

class Answers {
  constructor(network, values) {
    this.network = network;
    this.values = values;
    this.known = new Map();
  }

  /** What feeds an element; kept, because views ask more than once. */
  sources(element, to) {
    const key = `${element.number} ${element.place} ${to}`;
    if (!this.known.has(key)) {
      if (this.known.size > 200) this.known.clear();
      this.known.set(key, sourcesOfElement(this.network, element.number, element.place, to));
    }
    return this.known.get(key);
  }

  /** The receptive field, where there is but one value to look at. */
  field(element, to) {
    const { goals } = this.sources(element, to);
    return goals.size > 1 ? null : this.fieldIn(element, to, [...goals.values()][0]);
  }

  fieldIn(element, to, goal) {
    return receptiveField(this.network, this.sources(element, to), element.number, goal, element.place);
  }

  value(element) {
    return this.values.at(element.number, element.place);
  }

  weights(element) {
    return meetingsOf(this.network, this.values, element.number, element.place);
  }

  /** The products and the bias whose sum is a unit's value before its activation; null where numbers are missing. */
  decomposition(element, top = 10) {
    const layer = this.network.writer.get(element.number);
    const noted = this.values.noted(element);
    if (noted?.sums) return Object.keys(noted.sums).length === 1 ? shortened(Object.values(noted.sums)[0], top) : null;
    const one = onlySum(layer);
    if (!one || !this.values.has(element.number) || !this.values.has(layer.reads[0])) return null;
    const terms = termsOf(one.products, element.place).map(([place, index]) => {
      const [x, w] = [this.values.at(layer.reads[0], place), this.values.weight(layer, one.weight, index)];
      return { place, index, x, w, value: x * w, weight: one.weight, reads: "input" };
    });
    const biases = layer.offsets.map((offset) => this.values.weight(layer, offset.weight, ownIndex(offset, 0, element.place)));
    if (biases.includes(null) || terms.some((term) => term.w === null)) return null;
    return this.summed(element, terms, biases.reduce((sum, bias) => sum + bias, 0), top, noted?.recorded ?? null);
  }

  /** Of a unit that is made from several sums, such as gates, each by its name. */
  parts(element, top = 10) {
    const sums = Object.entries(this.values.noted(element)?.sums ?? {});
    return sums.length > 1 ? Object.fromEntries(sums.map(([name, one]) => [name, shortened(one, top)])) : {};
  }

  /** Where an element lies in memory beside its place in row-major order; null without a run. */
  memory(element) {
    const lies = this.values.memory.get(element.number);
    if (!lies) return null;
    const at = [this.values.sample, ...element.place];
    const shape = [this.values.samples, ...this.network.shapeOf(element.number)];
    return {
      row_major: flatOf(at, shape),
      storage: at.reduce((sum, i, axis) => sum + i * lies.strides[axis], lies.first),
      strides: lies.strides,
      is_contiguous: lies.is_contiguous,
    };
  }

  summed(element, terms, bias, top, noted) {
    const layer = this.network.writer.get(element.number);
    const output = this.value(element);
    const recorded = noted ?? (layer.activation ? null : output);
    const products = terms.reduce((sum, term) => sum + term.value, 0);
    const largest = terms.slice().sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, top);
    const total = products + bias;
    return {
      terms: largest,
      count: terms.length,
      rest: products - largest.reduce((sum, term) => sum + term.value, 0),
      bias,
      total,
      recorded,
      residual: recorded === null ? null : recorded - total,
      output,
      part: "",
    };
  }

  toDict(element, to = "input") {
    const layer = this.network.writer.get(element.number);
    const { isCountable } = this.network;
    return {
      layer: Object.fromEntries(LAYER_FACTS.filter((fact) => fact in layer).map((fact) => [fact, layer[fact]])),
      index_map: layer.index_map,
      place: element.place,
      flat: this.network.isKnown(element.number) ? flatOf(element.place, this.network.shapeOf(element.number)) : null,
      value: plainNumber(this.value(element)),
      memory: this.memory(element),
      sources: isCountable ? provenanceDict(this.sources(element, to)) : null,
      receptive_field: isCountable ? this.field(element, to) : null,
      weights: this.weights(element),
      decomposition: plainNumbers(this.decomposition(element)),
      parts: Object.fromEntries(Object.entries(this.parts(element)).map(([name, one]) => [name, plainNumbers(one)])),
    };
  }
}

/** The sum of a layer whose output is one weighted sum of its input; null for any other. */
const onlySum = (layer) => {
  const [one, ...more] = layer.sums ?? [];
  return one && !more.length && one.is_multiplied && one.reads === 0 && one.own[0]?.is === "products" ? one : null;
};

/** What Python noted, with fewer terms: those that go are added to the rest. */
const shortened = (noted, top) => ({
  ...noted,
  terms: noted.terms.slice(0, top),
  rest: noted.terms.slice(top).reduce((sum, term) => sum + term.value, noted.rest),
});

/** A number as JSON takes it: "nan", "inf" and "-inf" as words. */
const plainNumber = (value) => {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
};

const plainNumbers = (made) => {
  if (made === null) return null;
  const plain = (said) => Object.fromEntries(Object.entries(said).map(([word, value]) => [word, plainNumber(value)]));
  return { ...plain(made), terms: made.terms.map(plain) };
};
