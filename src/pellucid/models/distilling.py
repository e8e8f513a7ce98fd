"""What a student learns from a teacher beside the labels: its outputs, or the values inside it.

Above:  distiller.py adds these up and trains by them.

Source: keras.distillation, Keras 3.15; Hinton et al., arXiv 1503.02531.
"""

from __future__ import annotations

from pellucid import losses, nest, ops
from pellucid.errors import ArgumentError, ShapeError, UnknownNameError, UnsupportedError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object


class DistillationLoss:
    """How far a student is from its teacher. A subclass says it in `compute_loss`."""

    # Layers whose values are compared, in place of the models' outputs.
    teacher_layer_name: str | None = None
    student_layer_name: str | None = None

    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        """One number, from the values of both."""
        raise UnsupportedError(
            f"{type(self).__name__} does not say how far a student is from its teacher.",
            fix="def compute_loss(self, teacher_outputs, student_outputs, **kwargs): ...",
        )

    def validate_outputs(self, teacher_outputs, student_outputs) -> None:
        """Refuse values of two models that cannot be compared.

        Raises:
            ShapeError: they have different structures.
        """
        _check_alike("Teacher and student give different structures.", teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher, student) -> None:
        """Refuse two models that this loss cannot compare; it compares all."""


class _OfEachOutput(DistillationLoss):
    """One loss for each output; None for those that are passed over."""

    def __init__(self, loss):
        self.loss = nest.map_structure(loss_of, loss)
        if all(one is None for one in nest.flatten(self.loss)):
            raise ArgumentError("At least one `loss` is not None.", got=repr(loss), fix='loss="mse"')

    def validate_outputs(self, teacher_outputs, student_outputs):
        super().validate_outputs(teacher_outputs, student_outputs)
        _check_alike("There is one loss for each output.", teacher_outputs, self.loss)

    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        self.validate_outputs(teacher_outputs, student_outputs)
        parts = zip(*map(nest.flatten, (self.loss, teacher_outputs, student_outputs)), strict=True)
        return sum(self._distance(loss, teacher, student) for loss, teacher, student in parts if loss is not None)

    def _distance(self, loss, teacher, student):
        return ops.mean(loss(teacher, student))

    def get_config(self) -> dict:
        return {"loss": serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave."""
        return cls(**{**config, "loss": deserialize_keras_object(config["loss"])})


class FeatureDistillation(_OfEachOutput):
    """Values inside the student like those inside the teacher.

    Args:
        loss: a name, function or Loss; for several outputs a structure of them, with None for those not compared.
        teacher_layer_name, student_layer_name: layers whose outputs are compared; the models' own if None.

    Raises:
        ArgumentError: no loss at all.
    """

    def __init__(self, loss="mse", teacher_layer_name=None, student_layer_name=None):
        super().__init__(loss)
        self.teacher_layer_name, self.student_layer_name = teacher_layer_name, student_layer_name

    def validate_model_compatibility(self, teacher, student):
        """Refuse models without the layers.

        Raises:
            ArgumentError: a model without a graph.
            UnknownNameError: a model without a layer of this name.
        """
        for role, model, name in (
            ("teacher", teacher, self.teacher_layer_name),
            ("student", student, self.student_layer_name),
        ):
            if name is None:
                continue
            if not getattr(model, "inputs", None):
                raise ArgumentError(
                    f"Values inside the {role} can be seen only where it is a functional model, or Sequential with an Input.",
                    got=type(model).__name__,
                    fix="Model(inputs, outputs), or LogitsDistillation()",
                )
            try:
                model.get_layer(name=name)
            except UnknownNameError as error:
                error.add_note(f"in the {role}")
                raise

    def get_config(self):
        names = {word: getattr(self, word) for word in ("teacher_layer_name", "student_layer_name")}
        return {**super().get_config(), **names}


class LogitsDistillation(_OfEachOutput):
    """The student's outputs like the teacher's, both divided by a temperature.

    Kullback-Leibler divergences compare the softmax of both, times the squared temperature; other losses take the
    divided outputs as they are.

    Args:
        temperature: above 0; the higher, the more the small outputs count.
        loss: a name, function or Loss; for several outputs a structure of them, with None for those not compared.

    Raises:
        ArgumentError: no loss at all, or a temperature that is none.
    """

    def __init__(self, temperature=3.0, loss="kl_divergence"):
        super().__init__(loss)
        if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or not temperature > 0:
            raise ArgumentError("`temperature` is a number above 0.", got=repr(temperature), fix="temperature=3.0")
        self.temperature = temperature

    def _distance(self, loss, teacher, student):
        teacher, student = teacher / self.temperature, student / self.temperature
        if loss is not losses.kl_divergence and not isinstance(loss, losses.KLDivergence):
            return ops.mean(loss(teacher, student))
        return ops.mean(loss(ops.softmax(teacher), ops.softmax(student))) * self.temperature**2

    def get_config(self):
        return {"temperature": self.temperature, **super().get_config()}


def loss_of(told):
    """The loss of a name; whatever else was told, as it is."""
    return losses.get(told) if isinstance(told, str) else told


def _check_alike(message: str, expected, got):
    try:
        nest.assert_same_structure(expected, got)
    except (ValueError, TypeError) as error:
        forms = [nest.map_structure(lambda x: "...", form) for form in (got, expected)]
        raise ShapeError(message, got=forms[0], expected=forms[1]) from error
