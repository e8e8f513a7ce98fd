"""Quantized layers: one file for each mode, one description for each layer."""
