"""Files: bytes from and to plain data. Nothing here knows layers or models, and nothing read is ever run."""
