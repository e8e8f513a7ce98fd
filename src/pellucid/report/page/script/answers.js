// Answers: all that is known of one element, as plain data; the same as pellucid's Explanation.to_dict.
//
// Below: following.js, fields.js, kernels.js and values.js answer one question each.
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

  field(element, to) {
    const answer = this.sources(element, to);
    if (answer.goals.size > 1) return null;
    return receptiveField(this.network, answer, element.number, [...answer.goals.values()][0], element.place);
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
    if (!layer.kernel || !this.values.has(element.number) || !this.values.has(layer.reads[0])) return null;
    const terms = termsOf(layer.kernel, element.place).map(([place, index]) => {
      const [x, w] = [this.values.at(layer.reads[0], place), this.values.weight(layer, index)];
      return { place, index, x, w, value: x * w };
    });
    const [, channel] = splitPlace(layer.kernel, element.place);
    const bias = this.values.bias(layer, channel);
    if (bias === null || terms.some((term) => term.w === null)) return null;
    const summed = terms.reduce((sum, term) => sum + term.value, 0);
    const largest = terms.slice().sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, top);
    const total = summed + bias;
    const recorded = this.values.recorded(layer, element.place);
    return {
      terms: largest,
      count: terms.length,
      rest: summed - largest.reduce((sum, term) => sum + term.value, 0),
      bias,
      total,
      recorded,
      residual: recorded === null ? null : recorded - total,
      output: this.value(element),
    };
  }

  toDict(element, to = "input") {
    const layer = this.network.writer.get(element.number);
    return {
      layer: Object.fromEntries(LAYER_FACTS.filter((fact) => fact in layer).map((fact) => [fact, layer[fact]])),
      index_map: layer.index_map,
      place: element.place,
      flat: flatOf(element.place, this.network.shapeOf(element.number)),
      value: this.value(element),
      sources: provenanceDict(this.sources(element, to)),
      receptive_field: this.field(element, to),
      weights: this.weights(element),
      decomposition: this.decomposition(element),
    };
  }
}

/** For each product of a unit the place that is read and the kernel's index. */
const termsOf = (kernel, place) => {
  const [spatial, channel] = splitPlace(kernel, place);
  const around = combinations(kernel.spatial.map((axis, k) => cellsOfOutput(axis, spatial[k])));
  return [...around].flatMap((cells) => {
    const at = cells.map(([j]) => j);
    const window = cells.filter((_, k) => hasKernelAxis(kernel.spatial[k])).map(([, cell]) => cell);
    return channelsOfOutput(kernel.channels, channel).map(([c, entry]) => [
      joinedPlace(kernel, at, c),
      [...window, ...entry],
    ]);
  });
};
