// Following: from an element back to all that feeds it, layer by layer; the same answers as pellucid's Trace.sources.
//
// Below: links.js carries a region through one layer, network.js knows who reads what.
// Kept true: each layer is met once; what no link explains is taken whole, marked as not exact, and named.

/** What a walk back found: for each value's number its region, the layers without a link, and the coupled ones. */
const walkBackFrom = (network, layers, number, region) => {
  const walk = { regions: new Map([[number, region]]), opaque: [], couplings: [] };
  for (const layer of layers.slice().reverse()) {
    layer.writes.forEach((written, k) => {
      const reached = walk.regions.get(written);
      if (reached && !reached.isEmpty && layer.reads.length) stepBack(network, walk, layer, k, reached);
    });
  }
  return walk;
};

const stepBack = (network, walk, layer, k, reached) => {
  const link = layer.links[k];
  const shapes = layer.reads.map((read) => network.shapeOf(read));
  if (!link && !walk.opaque.includes(layer.path)) walk.opaque.push(layer.path);
  if (layer.couples[k] && !walk.couplings.includes(layer.path)) walk.couplings.push(layer.path);
  const found = link ? back(link, reached, shapes) : shapes.map(Region.whole);
  layer.reads.forEach((read, i) => walk.regions.set(read, walk.regions.get(read)?.or(found[i]) ?? found[i]));
};

/** An answer for each goal: region, and whether and why it is exact. */
const sourcesOfElement = (network, number, place, to = "input") => {
  const goals = network.goals(to);
  const layers = network.between(goals, number);
  refuseUnknownSizes(network, layers, number);
  const walk = walkBackFrom(network, layers, number, Region.at(network.shapeOf(number), place));
  const said = {
    exact: !walk.opaque.length,
    kind: "structural",
    reason: reasonOf(walk),
    batch: walk.couplings.length ? "all" : "same",
  };
  const regions = [...goals].map(([name, goal]) => [name, walk.regions.get(goal) ?? new Region(network.shapeOf(goal))]);
  return { walk, said, goals, regions: new Map(regions) };
};

const refuseUnknownSizes = (network, layers, number) => {
  const numbers = [number, ...layers.flatMap((layer) => [...layer.reads, ...layer.writes])];
  const unknown = numbers.find((one) => !network.isKnown(one));
  if (unknown !== undefined) {
    throw new Error(`The size of “${network.writer.get(unknown).path}” is unknown, so its elements cannot be counted.`);
  }
};

const reasonOf = (walk) => {
  const said = walk.opaque.length
    ? `${walk.opaque.join(", ")} does not say its links: all of its input is taken`
    : "the links of all layers between, composed";
  if (!walk.couplings.length) return said;
  return `${said}; ${walk.couplings.join(", ")} couples the samples of a batch in training`;
};

/** As Provenance.to_dict gives it. */
const provenanceDict = (answer) => {
  const parts = [...answer.regions].map(([name, region]) => [
    name,
    { ...answer.said, count: region.count, box: region.box, axes: region.axes, shape: region.shape },
  ]);
  return parts.length === 1 ? parts[0][1] : { ...answer.said, by_input: Object.fromEntries(parts) };
};
