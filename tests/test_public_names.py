"""Public names and arguments are Keras's, letter for letter; each exception stands in a table here, with its reason.

The tables are strict both ways: a name that arrives leaves its table.
"""

import importlib
import inspect
import types

import pytest

MODULES = (
    "keras activations applications applications.convnext applications.densenet applications.efficientnet "
    "applications.efficientnet_v2 applications.imagenet_utils applications.inception_resnet_v2 "
    "applications.inception_v3 applications.mobilenet applications.mobilenet_v2 applications.mobilenet_v3 "
    "applications.nasnet applications.resnet applications.resnet50 applications.resnet_v2 applications.vgg16 "
    "applications.vgg19 applications.xception backend callbacks config constraints datasets "
    "datasets.boston_housing datasets.california_housing datasets.cifar10 datasets.cifar100 datasets.fashion_mnist "
    "datasets.imdb datasets.mnist datasets.reuters distillation distribution dtype_policies export initializers "
    "layers legacy legacy.saving losses metrics mixed_precision models ops ops.image ops.linalg ops.nn ops.numpy optimizers "
    "optimizers.legacy optimizers.schedules preprocessing preprocessing.image preprocessing.sequence quantizers random "
    "regularizers saving tree utils wrappers"
).split()

# Names of Keras that are not here, by module: reason, and names.
MISSING = {
    "keras": {
        "To come: other programs' models and formats.": "visualization",
        "Keras's own inside.": "src",
    },
    "callbacks": {
        "Of JAX's own package, whose folders nothing here reads; BackupAndRestore and ModelCheckpoint do its work.": "OrbaxCheckpoint"
    },
}

KERAS_2_BACKEND = sorted(
    {name for name in dir(importlib.import_module("keras._tf_keras.keras.backend")) if not name.startswith("_")}
    - set(dir(importlib.import_module("keras.backend")))
)

# Names that Keras does not have.
MORE = {
    "keras": {
        "What there is, by name; README tells.": "catalog",
        "Values followed through a model.": "explain trace",
        "Models moved to other layouts and frameworks.": "convert",
    },
    "backend": {
        "All of Keras 2's `K`; Keras 3 hides it under `keras._tf_keras`.": " ".join(KERAS_2_BACKEND),
        "Of Keras 1's and 2's `K`, too.": "function in_test_phase in_train_phase learning_phase placeholder set_learning_phase",
    },
    "config": {
        "`fit` stops at a loss that is not finite.": "disable_finite_check enable_finite_check is_finite_check_enabled"
    },
    "preprocessing": {"Keras 2's; Keras 3 hides it under `keras._tf_keras`.": "text"},
    "preprocessing.image": {
        "Keras 2's; Keras 3 hides it under `keras._tf_keras`.": """
            DataFrameIterator DirectoryIterator ImageDataGenerator Iterator NumpyArrayIterator apply_affine_transform
            apply_brightness_shift apply_channel_shift flip_axis random_brightness random_channel_shift random_rotation
            random_shear random_shift random_zoom""",
    },
    "preprocessing.sequence": {
        "As in image.": "TimeseriesGenerator make_sampling_table skipgrams timeseries_generator_from_json",
    },
    "models": {"What `Model(inputs, outputs)` makes; Keras keeps it under keras.src.": "Functional"},
}

# Functions and classes with other arguments than Keras's.
ARGUMENTS = {
    "preprocessing.image.smart_resize": "names what Keras hides in **kwargs",
    "keras.KerasTensor": "names what Keras hides in **kwargs",
    "layers.Conv3DTranspose": "Keras swaps `output_padding` and `data_format` in this one of three sisters",
    "layers.Convolution3DTranspose": "its second name",
    "quantizers.abs_max_quantize": "None stands for `config.epsilon()` of the call; Keras takes that of its import",
    "quantizers.abs_max_quantize_grouped_with_zero_point": "as abs_max_quantize",
    "saving.save_weights": "names what Keras hides in **kwargs",
    "layers.Conv1D": "names what Keras hides in **kwargs",
    "layers.Conv2D": "as Conv1D",
    "layers.Conv3D": "as Conv1D",
    "layers.Convolution1D": "as Conv1D",
    "layers.Convolution2D": "as Conv1D",
    "layers.Convolution3D": "as Conv1D",
    "models.clone_model": "Keras's **kwargs hold a cache for its own calls",
}

# Methods that are not here, by the class that has them in Keras.
MISSING_METHODS = {
    "Rescaling Normalization CategoryEncoding Discretization CenterCrop RandomBrightness RandomContrast RandomCrop "
    "RandomFlip RandomRotation RandomTranslation RandomZoom Resizing AugMix AutoContrast CutMix Equalization MixUp "
    "ContrastLimitedAdaptiveHistogramEqualization MaxNumBoundingBoxes RandAugment RandomColorDegeneration "
    "RandomColorJitter RandomElasticTransform RandomErasing RandomGaussianBlur RandomGrayscale RandomHue RandomInvert "
    "RandomPerspective RandomPosterization RandomSaturation RandomSharpness RandomShear Solarization MelSpectrogram": {
        "Where a layer of PyTorch's runs inside TensorFlow.": "convert_weight"
    },
    "RandomTranslation RandomShear": {
        "Steps of Keras's own way to move boxes.": "get_shifted_bbox get_transformed_x_y"
    },
    "RandomZoom": {"Steps of Keras's own way to move boxes.": "get_clipped_bbox get_transformed_x_y"},
    "DataParallel ModelParallel": {"TensorFlow's own data sets.": "distribute_tf_dataset"},
    "Layer": {"A layer is no torch.nn.Module.": "forward"},
    "SKLearnClassifier SKLearnRegressor": {
        "scikit-learn's; an estimator has it from when it is made.": "set_score_request"
    },
    "SKLearnTransformer": {"scikit-learn's; an estimator has it from when it is made.": "set_output"},
    "Operation": {"Of layers alone.": "quantized_call rematerialized_call"},
    "ExportArchive": {
        "TensorFlow alone writes SavedModels: none can be made.": """
            add_endpoint add_variable_collection track track_and_add_endpoint write_out"""
    },
    "Conv1D Conv2D Conv3D": {"`convolve` says which arithmetic is a layer's.": "convolution_op"},
    "RNN LSTM GRU": {"Where backends put kernels of their own; ours lie in ops/recurrence.py.": "inner_loop"},
    "SimpleRNNCell LSTMCell GRUCell": {
        "Steps of Keras's `call`; `drops` gives the patterns.": """
            get_dropout_mask get_recurrent_dropout_mask reset_dropout_mask reset_recurrent_dropout_mask""",
    },
}
METHOD_ARGUMENTS = {
    "RandomCrop.compute_output_shape": "as every layer's; Keras's *args are not used",
    "Layer.add_weight": "Keras's *args take what shape and initializer take here",
    "SimpleRNNCell.call": "`inputs`, as in the other cells",
    "Dense.quantized_build": "`input_shape`, as in `build`",
    "EinsumDense.quantized_build": "`input_shape`, as in `build`",
    "Embedding.quantized_build": "`input_shape`, as in `build`",
    "ReversibleEmbedding.quantized_build": "`input_shape`, as in `build`",
    "Layer.symbolic_call": "a layer notes its own node",
    "Optimizer.build": "`var_list`, as in most optimizers of Keras",
    "SGD.build": "as Optimizer's",
    "Model.fit": "`profile` is our own",
    "Model.evaluate": "Keras's **kwargs are for `fit` alone",
    "Model.summary": "`style` chooses our own drawing",
    "KerasTensor.reshape": "takes separate sizes too, as a tensor does",
    "DTypePolicyMap.pop": "*default, as a dict's",
}


def listed(table: dict) -> set[str]:
    return {name for names in table.values() for name in names.split()}


def module(library: str, name: str) -> types.ModuleType:
    return importlib.import_module(library if name == "keras" else f"{library}.{name}")


def public(of: types.ModuleType) -> set[str]:
    return set(getattr(of, "__all__", ())) or {name for name in dir(of) if not name.startswith("_")}


@pytest.mark.parametrize("name", MODULES)
def test_names_are_kerass(name):
    theirs = {one for one in dir(module("keras", name)) if not one.startswith("_")}
    ours = public(module("pellucid", name))
    assert theirs - ours == listed(MISSING.get(name, {}))
    assert ours - theirs == listed(MORE.get(name, {}))


@pytest.mark.parametrize("name", MODULES)
def test_arguments_are_kerass(name):
    theirs, ours = module("keras", name), module("pellucid", name)
    differing = {
        f"{name}.{one}"
        for one in public(ours) & set(dir(theirs))
        if callable(getattr(theirs, one)) and arguments(getattr(theirs, one)) != arguments(getattr(ours, one))
    }
    assert differing == {one for one in ARGUMENTS if one.rpartition(".")[0] == name}


def arguments(thing) -> list[tuple] | None:
    """Name, kind and default of each argument; ``(1, 1)`` is the same as 1, which stands for every axis."""
    if not callable(thing):
        return None
    found = []
    for one in parameters(thing):
        default = repr(1 if one.default in ((1, 1), (1, 1, 1)) else one.default)
        gathers = one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        found.append((one.kind if gathers else one.name, one.kind, default))
    return found


def parameters(thing) -> list[inspect.Parameter]:
    """What a call takes; of a class, without `self`."""
    if not isinstance(thing, type):
        return list(inspect.signature(thing).parameters.values())
    if thing.__init__ is object.__init__:
        return []
    return list(inspect.signature(thing.__init__).parameters.values())[1:]


def classes() -> dict[str, tuple[type, type]]:
    """Theirs and ours of each public class that both have, by name."""
    found = {}
    for name in MODULES:
        theirs, ours = module("keras", name), module("pellucid", name)
        for one in sorted(public(ours) & set(dir(theirs))):
            if isinstance(getattr(theirs, one), type):
                found[getattr(theirs, one)] = getattr(ours, one)
    return {theirs.__name__: (theirs, ours) for theirs, ours in found.items()}


def own_methods(of: type, known: set[type]) -> list[str]:
    """Public methods that a class writes itself, or has from parents that are not public; no other library's."""
    parents = [cls for cls in of.__mro__[1:] if cls in known or cls.__module__.startswith(("torch.", "sklearn."))]
    inherited = {name: getattr(parent, name) for parent in reversed(parents) for name in dir(parent)}
    return [
        name
        for name in dir(of)
        if not name.startswith("_") and callable(getattr(of, name)) and getattr(of, name) is not inherited.get(name)
    ]


CLASSES = classes()
KNOWN = {theirs for theirs, _ in CLASSES.values()}


@pytest.mark.parametrize("name", CLASSES)
def test_methods_are_kerass(name):
    theirs, ours = CLASSES[name]
    methods = own_methods(theirs, KNOWN)
    missing = {one for one in methods if not hasattr(ours, one)}
    assert missing == {
        one for names, table in MISSING_METHODS.items() if name in names.split() for one in listed(table)
    }
    differing = {
        f"{name}.{one}"
        for one in set(methods) - missing
        if arguments(getattr(ours, one)) not in arguments_in_parents(theirs, one)
    }
    assert differing == {one for one in METHOD_ARGUMENTS if one.startswith(f"{name}.")}


def arguments_in_parents(of: type, method: str) -> list:
    """A method's arguments in a class and in its parents: a sister may leave her parent's method as it is."""
    return [arguments(getattr(cls, method)) for cls in of.__mro__ if hasattr(cls, method)]


def test_no_table_speaks_of_what_is_unknown():
    assert set(MISSING) | set(MORE) <= set(MODULES)
    assert set(" ".join(MISSING_METHODS).split()) | {one.split(".")[0] for one in METHOD_ARGUMENTS} <= set(CLASSES)
    assert {one.rpartition(".")[0] for one in ARGUMENTS} <= set(MODULES)
