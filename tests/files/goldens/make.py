"""Files of old Kerases, made by themselves: run by hand, once for each age, with the package of that age.

    python make.py keras1_theano     Python 3.7.16, keras 1.2.2, theano 1.0.5, h5py 2.10.0, KERAS_BACKEND=theano
    python make.py keras2_theano     Python 3.7.16, keras 2.2.4, theano 1.0.5, h5py 2.10.0, KERAS_BACKEND=theano
    python make.py keras2_tensorflow Python 3.7.16, keras 2.2.4, tensorflow 1.15.5, h5py 2.10.0
    python make.py tensorflow_1      Python 3.7.16, tensorflow 1.15.5 (its tf.keras), h5py 2.10.0
    python make.py keras3            Python 3.11, keras 3.15.1, tensorflow-cpu 2.21.0, KERAS_BACKEND=tensorflow
    python make.py tf_keras          Python 3.11, tf_keras 2.21.0, tensorflow-cpu 2.21.0

Each makes AGE.zip beside this file: for each model its file as that Keras saved it (`NAME.h5`, for some also
`NAME.keras`), and `NAME.npz` with inputs, outputs, and the weights after one more training step.
"""

import io
import os
import sys
import tempfile
import zipfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def vary(model):
    """Weights that are all different; all above zero, as some of them are variances."""
    rng = np.random.RandomState(5)
    model.set_weights([rng.uniform(0.1, 0.9, w.shape).astype(w.dtype) for w in model.get_weights()])


def inputs_for(shapes, whole):
    rng = np.random.RandomState(3)
    if whole:
        return [rng.randint(0, whole, (4,) + tuple(shape)).astype("int32") for shape in shapes]
    return [rng.normal(size=(4,) + tuple(shape)).astype("float32") for shape in shapes]


def save(case, archive, endings):
    """Write a model's files, and what it computes."""
    model = case.model
    vary(model)
    x = inputs_for(case.shapes, case.whole)
    fed = x[0] if len(x) == 1 else x
    found = {f"x{k}": value for k, value in enumerate(x)}
    if case.targets:
        rng = np.random.RandomState(7)
        y = [rng.uniform(0.1, 0.9, (4,) + tuple(shape)).astype("float32") for shape in case.targets]
        y = [value / value.sum(-1, keepdims=True) if value.shape[-1] > 1 else value for value in y]
        found.update({f"t{k}": value for k, value in enumerate(y)})
        y = y[0] if len(y) == 1 else y
        for _ in range(3):
            model.train_on_batch(fed, y)
    if case.runs:
        outputs = model.predict(fed)
        if isinstance(outputs, dict):
            outputs = [outputs[key] for key in sorted(outputs)]
        for k, value in enumerate(outputs if isinstance(outputs, list) else [outputs]):
            found[f"y{k}"] = value
    folder = tempfile.mkdtemp()
    for ending in endings if case.zipped else [".h5"]:
        path = os.path.join(folder, case.name + ending)
        model.save(path)
        archive.write(path, case.name + ending)
    if case.targets and case.steps:
        model.train_on_batch(fed, y)
        for k, value in enumerate(model.get_weights()):
            found[f"w{k}"] = value
    buffer = io.BytesIO()
    np.savez(buffer, **found)
    archive.writestr(case.name + ".npz", buffer.getvalue())


def main(age):
    if age.endswith("theano"):
        import theano.ifelse  # noqa: F401  (old Kerases use it without importing it)
    if age.startswith("keras1"):
        import keras1_models as models
    else:
        import keras2_models as models
    endings = {"tf_keras": [".h5", ".keras"], "keras3": [".keras"]}.get(age, [".h5"])
    with zipfile.ZipFile(os.path.join(HERE, age + ".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for case in models.cases(age):
            print(case.name)
            # In graphs of TensorFlow 1 an optimizer's step and its own counter run at once, in either order.
            case.steps = age not in ("keras2_tensorflow", "tensorflow_1")
            save(case, archive, endings)


if __name__ == "__main__":
    main(sys.argv[1])
