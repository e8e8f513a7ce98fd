"""Finds its own arguments, its own folder, and that it is the program."""

import sys

import beside  # a file in the same folder
import keras

assert __name__ == "__main__" and sys.argv[1:] == ["--epochs", "3"], sys.argv
assert beside.NUMBER == 7 and beside.keras.layers.Dense is keras.layers.Dense
print("done")
