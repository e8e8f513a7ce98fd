"""Distiller: a model that trains a student by labels and by what a teacher says.

Below:  distilling.py says how far the two are from each other.
Kept true: the teacher learns nothing; outside training a distiller is its student.

Source: keras.distillation.Distiller, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid import nest, ops
from pellucid.engine.train import Trainer
from pellucid.errors import ArgumentError, DtypeError, ShapeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.metrics import Mean
from pellucid.models.distilling import DistillationLoss, loss_of
from pellucid.models.model import Model

# Under this name stand a model's own outputs, beside those of its layers.
_FINAL = "final_output"


class Distiller(Model):
    """A student and its teacher; trained, the student is `distiller.student`.

    The loss is ``student_loss_weight`` times that of the labels, and the rest times the weighted sum of what the
    distillation losses say. Sample weights are not used.

    Args:
        teacher: a trained model; it is frozen.
        student: a model with the same inputs and outputs.
        distillation_losses: one, or a list of them.
        distillation_loss_weights: a number for each; 1 if None.
        student_loss_weight: the share of the labels, from 0 to 1.

    Raises:
        ArgumentError: no models, no losses, or numbers that do not fit.
        ShapeError, DtypeError: models with other inputs or outputs.
    """

    def __init__(
        self,
        teacher,
        student,
        distillation_losses,
        distillation_loss_weights=None,
        student_loss_weight=0.5,
        name="distiller",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        _check_models(teacher, student)
        self.teacher, self.student = teacher, student
        is_share = isinstance(student_loss_weight, (int, float)) and 0 <= student_loss_weight <= 1
        if not is_share:
            raise ArgumentError("`student_loss_weight` is a share.", got=repr(student_loss_weight), expected="0 to 1")
        self.student_loss_weight = student_loss_weight
        self.distillation_losses, self.distillation_loss_weights = _weighed(
            distillation_losses, distillation_loss_weights
        )
        for one in self.distillation_losses:
            one.validate_model_compatibility(teacher, student)
        names = [(one.teacher_layer_name, one.student_layer_name) for one in self.distillation_losses]
        self._teacher_feature_extractor = _extractor(teacher, [pair[0] for pair in names])
        self._student_feature_extractor = _extractor(student, [pair[1] for pair in names])
        teacher.trainable = False
        self.student_loss_tracker = Mean(name="student_loss")
        self.distillation_loss_tracker = Mean(name="distillation_loss")
        self.total_loss_tracker = Mean(name="total_loss")

    def compile(self, optimizer="adam", loss=None, metrics=None, **kwargs):
        """Say how the student learns from labels.

        Args:
            loss: as `Model.compile` takes it, for the student's outputs.
            metrics: a list, for the student's outputs.

        Raises:
            ArgumentError: no loss, or metrics that are no list.
        """
        if loss is None:
            raise ArgumentError("A student has a loss of its own.", got=loss, fix='loss="mse"')
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise ArgumentError("`metrics` is a list.", got=repr(metrics), fix=f"metrics=[{metrics!r}]")
        self._student_loss = nest.map_structure(loss_of, loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)
        self._told_loss = loss

    def get_compile_config(self):
        config = super().get_compile_config()
        return {**config, "loss": serialize_keras_object(self._told_loss)} if config else config

    def compile_from_config(self, config):
        given = deserialize_keras_object(config)
        self.compile(**given)
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def call(self, inputs, training=None, **kwargs):
        return self.student(inputs, training=training, **kwargs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of a batch: that of the labels and that of the teacher, each with its share.

        Raises:
            ShapeError: the two models' values cannot be compared, or a distillation loss is no single number.
        """
        y_pred = self(x, training=training) if y_pred is None else y_pred
        share = self.student_loss_weight
        of_labels = self._loss_of_labels(y, y_pred) if share > 0 and y is not None else 0.0
        of_teacher = self._loss_of_teacher(x, y_pred, training) if share < 1 else 0.0
        total = share * ops.convert_to_tensor(of_labels) + (1 - share) * ops.convert_to_tensor(of_teacher)
        for tracker, value in (
            (self.student_loss_tracker, of_labels),
            (self.distillation_loss_tracker, of_teacher),
            (self.total_loss_tracker, total),
        ):
            tracker.update_state(value)
        return total

    def _loss_of_labels(self, y, y_pred):
        values = nest.map_structure(lambda loss, true, made: ops.mean(loss(true, made)), self._student_loss, y, y_pred)
        return sum(nest.flatten(values))

    def _loss_of_teacher(self, x, y_pred, training):
        with torch.no_grad():
            of_teacher = _seen(self.teacher, self._teacher_feature_extractor, x, training=False)
        if self._student_feature_extractor is None:
            of_student = {_FINAL: y_pred}
        else:
            of_student = _seen(self.student, self._student_feature_extractor, x, training=training)
        total = 0.0
        for one, weight in zip(self.distillation_losses, self.distillation_loss_weights, strict=True):
            teacher = of_teacher[one.teacher_layer_name or _FINAL]
            student = of_student[one.student_layer_name] if one.student_layer_name else y_pred
            one.validate_outputs(teacher, student)
            value = one.compute_loss(teacher, student)
            if getattr(value, "ndim", 0):
                raise ShapeError(
                    f"{type(one).__name__} gives one number.", got=tuple(value.shape), fix="ops.mean(loss)"
                )
            total = total + weight * value
        return total

    def get_config(self):
        return {
            **super().get_config(),
            "teacher": serialize_keras_object(self.teacher),
            "student": serialize_keras_object(self.student),
            "distillation_losses": [serialize_keras_object(one) for one in self.distillation_losses],
            "distillation_loss_weights": self.distillation_loss_weights,
            "student_loss_weight": self.student_loss_weight,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        parts = ("teacher", "student", "distillation_losses")
        made = {part: deserialize_keras_object(config[part], custom_objects=custom_objects) for part in parts}
        return cls(**{**config, **made})


def _seen(model, extractor, x, training) -> dict:
    """A model's outputs, and those of its layers that somebody wants."""
    return {_FINAL: model(x, training=training)} if extractor is None else extractor(x, training=training)


def _extractor(model, names) -> Model | None:
    """A model that gives the outputs of layers beside its own; None where no layer is asked for."""
    names = [name for name in dict.fromkeys(names) if name]
    if not names:
        return None
    final = model.outputs[0] if len(model.outputs) == 1 else model.output
    outputs = {_FINAL: final, **{name: model.get_layer(name=name).output for name in names}}
    return Model(inputs=model.inputs, outputs=outputs, name=f"{model.name}_multi_feature_extractor")


def _weighed(losses, weights) -> tuple[list, list]:
    if losses is None:
        raise ArgumentError("A distiller has a distillation loss.", got=None, fix="LogitsDistillation()")
    if not isinstance(losses, (list, tuple)):
        losses, weights = [losses], [1.0]
    if weights is None:
        weights = [1.0] * len(losses)
    if len(weights) != len(losses):
        raise ArgumentError(
            "There is one weight for each distillation loss.", got=f"{len(weights)} weights", expected=str(len(losses))
        )
    for one in losses:
        if not isinstance(one, DistillationLoss):
            raise ArgumentError("This is no distillation loss.", got=repr(one), fix="LogitsDistillation()")
    return list(losses), list(weights)


def _check_models(teacher, student):
    for role, model in (("teacher", teacher), ("student", student)):
        if not isinstance(model, Trainer):
            raise ArgumentError(f"The {role} is a model.", got=repr(model)[:80], expected="a Model")
    for side in ("inputs", "outputs"):
        pair = [getattr(model, side, None) for model in (teacher, student)]
        if not all(pair):
            continue  # a model without a graph tells nothing before it runs
        if len(pair[0]) != len(pair[1]):
            raise ShapeError(f"Teacher and student have different numbers of {side}.", got=[len(one) for one in pair])
        for one, other in zip(*pair, strict=True):
            _check_pair(side, one, other)


def _check_pair(side: str, teacher, student):
    sizes = zip(teacher.shape, student.shape, strict=False)
    if len(teacher.shape) != len(student.shape) or any(a != b for a, b in sizes if None not in (a, b)):
        raise ShapeError(f"The {side} of the student have another shape.", got=student.shape, expected=teacher.shape)
    if teacher.dtype != student.dtype:
        raise DtypeError(f"The {side} of the student have another dtype.", got=student.dtype, expected=teacher.dtype)
