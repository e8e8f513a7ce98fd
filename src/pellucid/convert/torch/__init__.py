"""PyTorch: modules and their source."""
