"""Every rule moves weights as Keras's does: same weights, same gradients, 20 updates."""

import warnings

import keras
import numpy as np
import pytest
import torch

from pellucid import optimizers
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable

SHAPES = {"kernel": (3, 4), "bias": (4,), "cube": (2, 3, 5), "scale": ()}
DECAY = {"schedule": "ExponentialDecay", "arguments": (0.01, 5, 0.7)}
WARM = {"schedule": "CosineDecay", "arguments": (0.0, 12, 0.1, "CosineDecay", 0.02, 4)}

# What an optimizer has of its own.
OWN = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.8, "nesterov": True}),
    ("SGD", {"nesterov": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "beta_1": 0.5, "beta_2": 0.8}),
    ("Adam", {"epsilon": 0.1, "learning_rate": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.1, "learning_rate": 0.05}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True, "rho": 0.7}),
    ("RMSprop", {"centered": True, "momentum": 0.3, "epsilon": 1e-3}),
    ("Adagrad", {}),
    ("Adagrad", {"initial_accumulator_value": 0.0, "epsilon": 1e-2, "learning_rate": 0.1}),
    ("Adadelta", {}),
    ("Adadelta", {"rho": 0.5, "learning_rate": 1.0}),
    ("Adamax", {}),
    ("Adamax", {"beta_1": 0.6, "beta_2": 0.7, "learning_rate": 0.05}),
    ("Nadam", {}),
    ("Nadam", {"beta_1": 0.5, "beta_2": 0.67, "learning_rate": 0.05}),
    ("Ftrl", {}),
    ("Ftrl", {"l1_regularization_strength": 0.02, "l2_regularization_strength": 0.1, "beta": 0.3}),
    ("Ftrl", {"l2_shrinkage_regularization_strength": 0.2, "learning_rate_power": -0.7, "learning_rate": 0.1}),
    ("Lion", {}),
    ("Lion", {"beta_1": 0.5, "beta_2": 0.8, "weight_decay": 0.1}),
    ("Adafactor", {}),
    ("Adafactor", {"beta_2_decay": -0.6, "clip_threshold": 0.5, "relative_step": False, "learning_rate": 0.1}),
    ("Lamb", {}),
    ("Lamb", {"beta_1": 0.5, "beta_2": 0.7, "learning_rate": 0.05}),
    ("Muon", {}),
    ("Muon", {"nesterov": False, "rms_rate": None, "ns_steps": 3, "weight_decay": None, "adam_lr_ratio": 0.1}),
    ("Muon", {"exclude_layers": ["kern"], "adam_weight_decay": 0.1, "momentum": 0.5}),
    ("ScheduleFreeAdamW", {}),
    ("ScheduleFreeAdamW", {"warmup_steps": 7, "beta_1": 0.7, "learning_rate": 0.05}),
]
# What all have; each is tried with all optimizers.
COMMON = [
    {"weight_decay": 0.05, "clipvalue": 0.3},
    {"clipnorm": 0.5, "loss_scale_factor": 8.0},
    {"global_clipnorm": 0.7, "learning_rate": DECAY},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 4},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 3, "clipnorm": 0.4},
    {"learning_rate": WARM, "weight_decay": 0.1},
]
NAMES = list(dict.fromkeys(name for name, _ in OWN))
CASES = OWN + [(name, common) for name in NAMES for common in COMMON]
# The first rate of 0 makes Keras's Ftrl divide by 0; ours waits. See test_ftrl.py.
CASES.remove(("Ftrl", COMMON[-1]))


def made(module, name, arguments):
    arguments = dict(arguments)
    if isinstance(rate := arguments.get("learning_rate"), dict):
        arguments["learning_rate"] = getattr(module.schedules, rate["schedule"])(*rate["arguments"])
    return getattr(module, name)(**arguments, name="judged")


def weights_and_gradients(steps=20):
    random = np.random.default_rng(0)
    weights = {name: random.normal(size=shape).astype("float32") for name, shape in SHAPES.items()}
    gradients = [[random.normal(size=shape).astype("float32") for shape in SHAPES.values()] for _ in range(steps)]
    return weights, gradients


def apply_on_copies(optimizer, gradients, variables):
    """Keras 3.15 on PyTorch keeps `momentum_old` as the tensor that it then changes; on copies it follows the paper."""
    if not optimizer.built:
        with keras.name_scope(optimizer.name, caller=optimizer):
            optimizer.build(variables)
    owned = [*variables, *optimizer.variables]
    values = [one.value.clone() for one in owned]
    moved, state = optimizer.stateless_apply(values[len(variables) :], gradients, values[: len(variables)])
    for variable, value in zip(owned, [*moved, *state], strict=True):
        variable.assign(value)


def trained(module, variable_class, name, arguments, dtype="float32"):
    weights, gradients = weights_and_gradients()
    variables = [variable_class(value.astype(dtype), name=key) for key, value in weights.items()]
    optimizer = made(module, name, arguments)
    for step in gradients:
        step = [torch.tensor(one.astype(dtype), device=variables[0].value.device) for one in step]
        if module is keras.optimizers and name == "ScheduleFreeAdamW":
            apply_on_copies(optimizer, step, variables)
        else:
            optimizer.apply(step, variables)
    optimizer.finalize_variable_values(variables)
    return optimizer, variables


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_twenty_steps_end_where_keras_ends(name, arguments):
    keras.utils.clear_session(free_memory=False)
    ours, our_variables = trained(optimizers, Variable, name, arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, their_variables = trained(keras.optimizers, keras.Variable, name, arguments)

    for our, their in zip(our_variables, their_variables, strict=True):
        np.testing.assert_allclose(our.numpy(), their.numpy(), rtol=1e-6, atol=1e-6, err_msg=our.name)
    assert [(one.path, one.shape, one.dtype) for one in ours.variables] == [
        (one.path, one.shape, one.dtype) for one in theirs.variables
    ]
    for our, their in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(our.numpy(), their.numpy(), rtol=1e-5, atol=1e-6, err_msg=our.path)


@pytest.mark.parametrize("name", NAMES)
def test_without_state_the_numbers_are_the_same_and_nothing_is_changed(name):
    stepped, variables = trained(optimizers, Variable, name, {})
    weights, gradients = weights_and_gradients()
    kept = [Variable(value, name=key) for key, value in weights.items()]
    optimizer = made(optimizers, name, {})
    optimizer.build(kept)
    before = [one.numpy() for one in optimizer.variables]
    values, state = [one.value for one in kept], [one.value for one in optimizer.variables]
    for step in gradients:
        values, state = optimizer.stateless_apply(state, [convert_to_tensor(one) for one in step], values)

    for value, variable in zip(values, variables, strict=True):
        assert torch.equal(value, variable.value)
    for value, variable in zip(state, stepped.variables, strict=True):
        assert torch.equal(value, variable.value)
    for value, variable in zip(weights.values(), kept, strict=True):
        assert np.array_equal(variable.numpy(), value)
    for value, variable in zip(before, optimizer.variables, strict=True):
        assert np.array_equal(variable.numpy(), value)


@pytest.mark.parametrize("name", NAMES)
def test_weights_and_slots_keep_their_memory(name):
    variables = [Variable(np.ones(shape, "float32"), name=key) for key, shape in SHAPES.items()]
    optimizer = made(optimizers, name, {})
    optimizer.build(variables)
    owned = [*variables, *optimizer.variables]
    before = [one.value.data_ptr() for one in owned]
    gradients = [convert_to_tensor(np.ones(shape, "float32")) for shape in SHAPES.values()]
    optimizer.apply(gradients)
    assert [one.value.data_ptr() for one in owned] == before
    assert all(torch.equal(gradient, torch.ones_like(gradient)) for gradient in gradients)


@pytest.mark.parametrize("name", NAMES)
def test_memory_in_another_order_gives_the_same_numbers(name):
    random = np.random.default_rng(1)
    values = random.normal(size=(4, 3)).astype("float32")
    gradient = convert_to_tensor(random.normal(size=(3, 4)).astype("float32"))
    ends = []
    for turned in (False, True):
        weight = convert_to_tensor(values).T if turned else convert_to_tensor(values).T.contiguous()
        variable = Variable(torch.nn.Parameter(weight), name="kernel")
        assert variable.value.is_contiguous() != turned
        optimizer = made(optimizers, name, {})
        for _ in range(3):
            optimizer.apply([gradient.T.contiguous().T if turned else gradient], [variable])
        ends.append(variable.numpy())
    assert np.array_equal(*ends)


@pytest.mark.parametrize("name", NAMES)
def test_variables_of_several_dtypes_move_together(name):
    alone = {dtype: trained(optimizers, Variable, name, {}, dtype)[1] for dtype in ("float32", "float64")}
    weights, gradients = weights_and_gradients()
    mixed = [Variable(value.astype(dtype), name=key) for dtype in alone for key, value in weights.items()]
    optimizer = made(optimizers, name, {})
    for step in gradients:
        optimizer.apply([convert_to_tensor(one.astype(dtype)) for dtype in alone for one in step], mixed)
    for one, other in zip(mixed, alone["float32"] + alone["float64"], strict=True):
        # Nadam's product has the dtype of the first variable, as in Keras.
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-6 if name == "Nadam" else 0)
