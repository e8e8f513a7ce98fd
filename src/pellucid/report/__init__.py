"""Reports: what is known about a model or a run, as parts, and parts drawn as text."""
