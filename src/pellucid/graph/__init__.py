"""Floor 1: symbols and nodes. What a model is made of before any value runs through it."""
