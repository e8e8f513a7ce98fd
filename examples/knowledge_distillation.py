"""Knowledge distillation: a small network learns from a large one's softened answers, by a loss of its own."""

import sys

import keras
import numpy as np
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.teacher = teacher
        self.student = student

    def compile(self, optimizer, metrics, student_loss_fn, distillation_loss_fn, alpha=0.1, temperature=3):
        super().compile(optimizer=optimizer, metrics=metrics)
        self.student_loss_fn = student_loss_fn
        self.distillation_loss_fn = distillation_loss_fn
        self.alpha = alpha
        self.temperature = temperature

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, allow_empty=False, training=True):
        teacher_pred = self.teacher(x, training=False)
        student_loss = self.student_loss_fn(y, y_pred)
        distillation_loss = self.distillation_loss_fn(
            ops.softmax(teacher_pred / self.temperature, axis=1),
            ops.softmax(y_pred / self.temperature, axis=1),
        ) * (self.temperature**2)
        return self.alpha * student_loss + (1 - self.alpha) * distillation_loss

    def call(self, x):
        return self.student(x)


def spirals(count, seed):
    """Three arms of a spiral."""
    draw = np.random.default_rng(seed)
    y = draw.integers(0, 3, count)
    r = draw.uniform(0.1, 1, count)
    angle = 2 * np.pi * y / 3 + 4 * r + draw.normal(0, 0.15, count)
    return np.stack([r * np.cos(angle), r * np.sin(angle)], 1).astype("float32"), y


(x_train, y_train), (x_test, y_test) = spirals(900, 1), spirals(400, 2)


def mlp(width, depth, name):
    hidden = [layers.Dense(width, activation="relu") for _ in range(depth)]
    return keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(3)], name=name)


teacher = mlp(64, 3, "teacher")
student = mlp(24, 1, "student")
student_scratch = keras.models.clone_model(student)

teacher.compile(
    optimizer=keras.optimizers.Adam(0.005),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
teacher.fit(x_train, y_train, epochs=20, verbose=0)

distiller = Distiller(student=student, teacher=teacher)
distiller.compile(
    optimizer=keras.optimizers.Adam(0.02),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    student_loss_fn=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    distillation_loss_fn=keras.losses.KLDivergence(),
    alpha=0.1,
    temperature=3,
)
distiller.fit(x_train, y_train, epochs=40, verbose=0)
results = distiller.evaluate(x_test, y_test, verbose=0, return_dict=True)

student_scratch.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
student_scratch.fit(x_train, y_train, epochs=20, verbose=0)
print(f"distilled accuracy: {results['accuracy']:.4f}")
print(f"scratch accuracy: {student_scratch.evaluate(x_test, y_test, verbose=0)[1]:.4f}")
