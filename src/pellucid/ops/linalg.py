"""Linear algebra: factors, inverses and solutions of matrices."""
