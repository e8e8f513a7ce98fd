"""A student taught by labels and a teacher: Keras's Distiller, with the same weights, is the judge."""

import keras
import numpy as np
import pytest

import pellucid
from pellucid import layers, models, ops
from pellucid.distillation import DistillationLoss, Distiller, FeatureDistillation, LogitsDistillation
from pellucid.errors import ArgumentError, DtypeError, ShapeError, UnknownNameError, UnsupportedError
from pellucid.saving import load_model

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = np.random.default_rng(1).uniform(size=(24, 4)).astype("float32")


def network(library, width, **kwargs):
    inputs = library.Input((3,))
    inner = library.layers.Dense(width, activation="tanh", name="inner")(inputs)
    return library.Model(inputs, library.layers.Dense(4, name="outer", **kwargs)(inner))


def numbers(model):
    """Weights that are all different."""
    return [np.sin(np.arange(w.size) + k).reshape(w.shape) for k, w in enumerate(model.get_weights())]


def pair(library, width=5):
    teacher, student = network(library, 5), network(library, width)
    teacher.set_weights(numbers(teacher))
    student.set_weights([w * 0.5 for w in numbers(student)])
    return teacher, student


LOSSES = {
    "divergence": lambda lib: [lib.distillation.LogitsDistillation(2.0, lib.losses.KLDivergence())],
    "squares of outputs": lambda lib: [lib.distillation.LogitsDistillation(4.0, "mse")],
    "a layer": lambda lib: [lib.distillation.FeatureDistillation("mae", "inner", "inner")],
    "outputs": lambda lib: [lib.distillation.FeatureDistillation("cosine_similarity")],
    "two": lambda lib: [
        lib.distillation.LogitsDistillation(3.0, lib.losses.KLDivergence()),
        lib.distillation.FeatureDistillation(lib.losses.MeanSquaredError(), "inner", "inner"),
    ],
}


@pytest.mark.filterwarnings("ignore:No gradient reaches outer")  # where only the inner layer is compared
@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_it_learns_what_kerass_does(kind, share):
    seen = []
    for library in (pellucid, keras):
        losses = LOSSES[kind](library)
        weights = [0.7, 0.2][: len(losses)] if len(losses) > 1 else None
        distiller = library.distillation.Distiller(*pair(library), losses, weights, student_loss_weight=share)
        distiller.compile(library.optimizers.SGD(0.1), "mse", metrics=["mae"])
        history = distiller.fit(X, Y, epochs=2, batch_size=8, shuffle=False, validation_data=(X[:4], Y[:4]), verbose=0)
        seen.append((history.history, distiller.student.get_weights(), distiller.teacher.get_weights()))
    (ours, our_student, our_teacher), (theirs, their_student, _) = seen
    assert set(ours) == set(theirs)
    for name in theirs:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-6, err_msg=name)
    for a, b in zip(our_student, their_student, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    for a, b in zip(our_teacher, numbers(network(pellucid, 5)), strict=True):
        np.testing.assert_array_equal(a, b.astype("float32"))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_the_default_compares_softened_probabilities():
    t, s = np.array([[1.0, 2.0, 4.0]]), np.array([[3.0, 0.0, 1.0]])
    p, q = softmax(t / 3), softmax(s / 3)
    by_hand = 9 * (p * np.log(p / q)).sum()
    for loss in ("kl_divergence", pellucid.losses.KLDivergence()):
        got = LogitsDistillation(3.0, loss).compute_loss(ops.convert_to_tensor(t), ops.convert_to_tensor(s))
        np.testing.assert_allclose(float(got), by_hand, rtol=1e-5)


def test_of_several_outputs_some_may_be_passed_over():
    t = [ops.convert_to_tensor([[1.0, 2.0]]), ops.convert_to_tensor([[5.0]])]
    s = [ops.convert_to_tensor([[3.0, 2.0]]), ops.convert_to_tensor([[9.0]])]
    assert float(FeatureDistillation(["mse", None]).compute_loss(t, s)) == 2.0  # (2**2 + 0) / 2
    assert float(FeatureDistillation(["mse", "mae"]).compute_loss(t, s)) == 6.0
    assert float(LogitsDistillation(2.0, [None, "mae"]).compute_loss(t, s)) == 2.0


def test_a_student_may_be_compared_at_its_end_with_a_layer_of_the_teacher():
    inputs = layers.Input((3,))
    student = models.Model(inputs, layers.Dense(4)(inputs))
    inputs = layers.Input((3,))
    teacher = models.Model(inputs, layers.Dense(4)(layers.Dense(4, name="inner")(inputs)))
    distiller = Distiller(
        teacher, student, FeatureDistillation("mse", teacher_layer_name="inner"), student_loss_weight=0.0
    )
    distiller.compile("sgd", "mse")
    inner = models.Model(teacher.inputs, teacher.get_layer("inner").output)
    expected = np.mean((inner.predict(X, verbose=0) - student.predict(X, verbose=0)) ** 2)
    np.testing.assert_allclose(distiller.evaluate(X, Y, verbose=0, return_dict=True)["loss"], expected, rtol=1e-5)


def test_losses_of_the_users_own_count():
    class Far(DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return ops.max(ops.abs(teacher_outputs - student_outputs))

    teacher, student = pair(pellucid)
    distiller = Distiller(teacher, student, [Far()], [2.0], student_loss_weight=0.0)
    distiller.compile("sgd", "mse")
    expected = 2 * np.abs(teacher.predict(X, verbose=0) - student.predict(X, verbose=0)).max()
    np.testing.assert_allclose(distiller.evaluate(X, Y, verbose=0, return_dict=True)["loss"], expected, rtol=1e-5)


def test_a_distiller_goes_through_a_file(tmp_path):
    distiller = Distiller(*pair(pellucid), LOSSES["two"](pellucid), [1.0, 0.5], student_loss_weight=0.25)
    distiller.compile(pellucid.optimizers.SGD(0.1), "mse", metrics=["mae"])
    distiller.fit(X, Y, verbose=0)
    distiller.save(tmp_path / "d.keras")
    again = load_model(tmp_path / "d.keras")
    assert np.array_equal(again.predict(X, verbose=0), distiller.predict(X, verbose=0))
    assert again.evaluate(X, Y, verbose=0) == distiller.evaluate(X, Y, verbose=0)
    assert not again.teacher.trainable
    assert again.fit(X, Y, shuffle=False, verbose=0).history == distiller.fit(X, Y, shuffle=False, verbose=0).history


def sequential(*units, dtype=None):
    return models.Sequential([layers.Input((3,), dtype=dtype), *(layers.Dense(n) for n in units)])


def train_by_a_vector():
    class Vector(DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return teacher_outputs

    distiller = Distiller(*pair(pellucid), Vector())
    distiller.compile("sgd", "mse")
    distiller.fit(X, Y, verbose=0)


KL = LogitsDistillation
WRONG = {
    "no model": (lambda: Distiller("big", sequential(4), KL()), ArgumentError, "The teacher is a model"),
    "other outputs": (lambda: Distiller(sequential(4), sequential(5), KL()), ShapeError, "outputs of the student"),
    "other dtype": (lambda: Distiller(sequential(4), sequential(4, dtype="int32"), KL()), DtypeError, "inputs of the student"),
    "no losses": (lambda: Distiller(sequential(4), sequential(4), None), ArgumentError, r"LogitsDistillation\(\)"),
    "no loss": (lambda: Distiller(sequential(4), sequential(4), ["mse"]), ArgumentError, "no distillation loss"),
    "weights": (lambda: Distiller(sequential(4), sequential(4), [KL()], [1, 2]), ArgumentError, "2 weights"),
    "share": (lambda: Distiller(sequential(4), sequential(4), KL(), student_loss_weight=2), ArgumentError, "0 to 1"),
    "no student loss": (lambda: Distiller(sequential(4), sequential(4), KL()).compile("sgd"), ArgumentError, 'loss="mse"'),
    "metrics": (lambda: Distiller(sequential(4), sequential(4), KL()).compile("sgd", "mse", "mae"), ArgumentError, "is a list"),
    "temperature": (lambda: KL(0), ArgumentError, "above 0"),
    "all passed over": (lambda: KL(loss=[None, None]), ArgumentError, "not None"),
    "unknown layer": (
        lambda: Distiller(sequential(4), sequential(4), FeatureDistillation(teacher_layer_name="x")),
        UnknownNameError,
        "no layer 'x'",
    ),
    "no graph": (
        lambda: Distiller(models.Sequential([layers.Dense(4)]), sequential(4), FeatureDistillation("mse", "x", "y")),
        ArgumentError,
        "Values inside the teacher",
    ),
    "structures": (lambda: KL().validate_outputs(np.ones(3), [np.ones(3)]), ShapeError, "different structures"),
    "one loss for two": (lambda: FeatureDistillation().validate_outputs([1, 2], [1, 2]), ShapeError, "one loss for each"),
    "no number": (lambda: train_by_a_vector(), ShapeError, "gives one number"),
    "not said": (lambda: DistillationLoss().compute_loss(1, 2), UnsupportedError, "def compute_loss"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told(wrong):
    act, kind, words = WRONG[wrong]
    with pytest.raises(kind, match=words):
        act()
