"""Imported by arguments.py."""

import keras

NUMBER = 7
assert keras.Sequential
