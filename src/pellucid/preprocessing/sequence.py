"""Door: ``pellucid.preprocessing.sequence``, Keras 2's names for sequences made ready for a model."""

from pellucid.engine.data.sequences import pad_sequences
from pellucid.engine.data.skipgrams import make_sampling_table, skipgrams
from pellucid.engine.data.timeseries import TimeseriesGenerator, timeseries_generator_from_json

__all__ = [
    "TimeseriesGenerator",
    "make_sampling_table",
    "pad_sequences",
    "skipgrams",
    "timeseries_generator_from_json",
]
