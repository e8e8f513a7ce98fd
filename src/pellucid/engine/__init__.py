"""Floor 4: programs (a graph as ordered steps), data, training, callbacks. Runs anything that has `call`."""
