"""Wrong programs: weights, layers and models of one's own, configs, and the small parts: initializers, optimizers."""

import numpy as np

from wrong_programs.row import Wrong


def _dense(k):
    layer = k.layers.Dense(2, name="pair")
    layer.build((None, 3))
    return layer


def _layer(k, **methods):
    return type("Mine", (k.layers.Layer,), methods)


def _called(k, **methods):
    return _layer(k, **methods)()(np.ones((2, 3), "float32"))


def _no_super(k):
    def init(self):
        self.units = 3

    return _layer(k, __init__=init, call=lambda self, x: x)()(np.ones((2, 3), "float32"))


def _no_super_with_layer(k):
    def init(self):
        self.inner = k.layers.Dense(3)

    return _layer(k, __init__=init, call=lambda self, x: x)()(np.ones((2, 3), "float32"))


def _model_without_super(k):
    class Mine(k.Model):
        def __init__(self):
            self.inner = k.layers.Dense(3)

    return Mine()(np.ones((2, 3), "float32"))


def _add_weight(k, *args, **kwargs):
    return k.layers.Layer().add_weight(*args, **kwargs)


def _lambda_config(k):
    layer = k.layers.Lambda(lambda x: x * 2)
    return k.layers.Lambda.from_config(layer.get_config())


def _unwritten_config(k):
    def init(self, values):
        k.layers.Layer.__init__(self)
        self.values = values

    return _layer(k, __init__=init)(np.ones(3)).get_config()


def _bad_symbolic_call(k):
    def call(self, x):
        return x @ k.ops.ones((7, 2))

    return _layer(k, call=call)()(k.Input((3,)))


def _bad_torch_call(k):
    import torch

    def call(self, x):
        return torch.mm(x, torch.ones(7, 2))

    return _called(k, call=call)


def _bad_index_call(k):
    def call(self, x):
        return x.sum(5)

    return _called(k, call=call)


def _train_step_that_returns_none(k):
    class Mine(k.Model):
        def __init__(self):
            super().__init__()
            self.inner = k.layers.Dense(2)

        def call(self, x):
            return self.inner(x)

        def train_step(self, data):
            return None

    model = Mine()
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)


# fmt: off
WEIGHTS = [
    Wrong("set_weights of too few", lambda k: _dense(k).set_weights([np.ones((3, 2))]), ("1", "2", "pair")),
    Wrong("set_weights of too many", lambda k: _dense(k).set_weights([np.ones((3, 2))] * 3), ("3", "2")),
    Wrong("set_weights of another shape", lambda k: _dense(k).set_weights([np.ones((2, 3)), np.ones(2)]), ("(2, 3)", "(3, 2)", "kernel")),
    Wrong("set_weights of text", lambda k: _dense(k).set_weights([np.full((3, 2), "a"), np.ones(2)]), ("numbers",), (ValueError, TypeError)),
    Wrong("set_weights before build", lambda k: k.layers.Dense(2).set_weights([np.ones((3, 2)), np.ones(2)]), ("0", "2", "build")),
    Wrong("set_weights of one array", lambda k: _dense(k).set_weights(3), ("list",), (ValueError, TypeError)),
    Wrong("a weight assigned another shape", lambda k: _dense(k).kernel.assign(np.ones((5, 5))), ("(5, 5)", "(3, 2)")),
    Wrong("a weight of an unknown size", lambda k: _add_weight(k, shape=(None, 3)), ("None",), ValueError),
    Wrong("a weight of a negative size", lambda k: _add_weight(k, shape=(-1, 3)), ("-1",), ValueError),
    Wrong("a weight with a mistyped initializer", lambda k: _add_weight(k, shape=(3,), initializer="zeroes"), ("zeroes", "zeros")),
    Wrong("a weight with a mistyped dtype", lambda k: _add_weight(k, shape=(3,), dtype="flot32"), ("flot32", "float32")),
    Wrong("a weight with a slash in its name", lambda k: _add_weight(k, shape=(3,), name="a/b"), ("a/b",)),
    Wrong("a kernel read before build", lambda k: k.layers.Dense(2).kernel, ("build",), AttributeError),
    Wrong("a weight without values", lambda k: k.Variable(None), ("None",), ValueError),
    Wrong("a variable of text", lambda k: k.Variable("abc"), ("'abc'",), (ValueError, TypeError)),
    Wrong("count_params before build", lambda k: k.layers.Dense(2).count_params(), ("build", "Dense")),
]
# fmt: on

# fmt: off
SUBCLASSES = [
    Wrong("a layer without super().__init__()", _no_super, ("super().__init__(",)),
    Wrong("a layer with layers without super().__init__()", _no_super_with_layer, ("super().__init__(",), (AttributeError, RuntimeError)),
    Wrong("a model without super().__init__()", _model_without_super, ("super().__init__(",), (AttributeError, RuntimeError)),
    Wrong("a layer without call", lambda k: _called(k), ("call", "def call(self, x)"), NotImplementedError),
    Wrong("a call without arguments", lambda k: _called(k, call=lambda self: 3), ("call",), (TypeError, ValueError)),
    Wrong("a call of two arguments called on one", lambda k: _called(k, call=lambda self, x, y: x), ("y",), (TypeError, ValueError)),
    Wrong("a call that gives None", lambda k: _layer(k, call=lambda self, x: None)()(k.Input((3,))), ("None", "return"), (ValueError, TypeError, AttributeError)),
    Wrong("a call that gives a NumPy array", lambda k: k.Sequential([_layer(k, call=lambda self, x: x.numpy())()]).predict(np.ones((2, 3)), verbose=0), ("ndarray", "ops"), (ValueError, TypeError, AttributeError)),
    Wrong("a call that breaks in torch", _bad_torch_call, ("(2, 3)", "Mine"), (RuntimeError, )),
    Wrong("a call that breaks on an axis in torch", _bad_index_call, ("(2, 3)", "Mine"), (IndexError, RuntimeError)),
    Wrong("a call that breaks on shapes", _bad_symbolic_call, ("(None, 3)", "Mine"), ValueError),
    Wrong("a build of two shapes for one input", lambda k: _called(k, build=lambda self, a_shape, b_shape: None, call=lambda self, a: a), ("b_shape",), (TypeError, ValueError)),
    Wrong("a get_config that was not written", _unwritten_config, ("get_config",)),
    Wrong("a train_step that gives None", _train_step_that_returns_none, ("train_step", "None"), (TypeError, ValueError, AttributeError)),
]
# fmt: on

# fmt: off
CONFIGS = [
    Wrong("a config of an unknown class", lambda k: k.layers.deserialize({"class_name": "Dens", "config": {}}), ("Dens", "Dense")),
    Wrong("a config of an own class not told", lambda k: k.models.model_from_json('{"class_name": "Mine", "module": "my", "config": {}, "registered_name": "Mine"}'), ("Mine", "custom_objects")),
    Wrong("a config with an unknown argument", lambda k: k.layers.Dense.from_config({"units": 2, "unitz": 3}), ("unitz",)),
    Wrong("a config without a needed argument", lambda k: k.layers.Dense.from_config({}), ("units",)),
    Wrong("a config that is a number", lambda k: k.layers.deserialize(3), ("3",)),
    Wrong("a lambda from a config", _lambda_config, ("lambda", "named function")),
    Wrong("a JSON text that is none", lambda k: k.models.model_from_json("{not json"), ("JSON",), ValueError),
    Wrong("an unknown activation in a config", lambda k: k.activations.get("sigmiod"), ("sigmiod", "sigmoid")),
    Wrong("an activation that is a number", lambda k: k.activations.get(3), ("3",)),
    Wrong("an unknown loss", lambda k: k.losses.get("huberr"), ("huberr", "huber")),
    Wrong("an unknown metric", lambda k: k.metrics.get("acuracy"), ("acuracy", "accuracy")),
    Wrong("an unknown optimizer", lambda k: k.optimizers.get("adma"), ("adma", "adam")),
    Wrong("an unknown initializer", lambda k: k.initializers.get("he_norml"), ("he_norml", "he_normal")),
]
# fmt: on

# fmt: off
PARTS = [
    Wrong("VarianceScaling of a negative scale", lambda k: k.initializers.VarianceScaling(scale=-1.0), ("scale", "-1")),
    Wrong("VarianceScaling of an unknown mode", lambda k: k.initializers.VarianceScaling(mode="fan_inn"), ("mode", "fan_in")),
    Wrong("VarianceScaling of an unknown distribution", lambda k: k.initializers.VarianceScaling(distribution="nomal"), ("distribution", "nomal", "normal")),
    Wrong("Identity of three axes", lambda k: k.initializers.Identity()((2, 2, 2)), ("(2, 2, 2)",)),
    Wrong("Orthogonal of one axis", lambda k: k.initializers.Orthogonal()((3,)), ("(3,)",)),
    Wrong("a seed that is text", lambda k: k.initializers.RandomNormal(seed="a"), ("seed", "'a'")),
    Wrong("L2 of text", lambda k: k.regularizers.L2("much"), ("'much'",)),
    Wrong("OrthogonalRegularizer of an unknown mode", lambda k: k.regularizers.OrthogonalRegularizer(mode="row"), ("mode", "rows")),
    Wrong("a regularizer that is a number", lambda k: k.regularizers.get(3), ("3",)),
    Wrong("a constraint that is a number", lambda k: k.constraints.get(3), ("3",)),
    Wrong("SGD with momentum above 1", lambda k: k.optimizers.SGD(momentum=1.5), ("momentum", "1.5")),
    Wrong("SGD with a mistyped argument", lambda k: k.optimizers.SGD(learnin_rate=0.1), ("learnin_rate", "learning_rate")),
    Wrong("SGD with text as learning rate", lambda k: k.optimizers.SGD("fast"), ("'fast'",), (ValueError, TypeError)),
    Wrong("SGD with a negative clipnorm", lambda k: k.optimizers.SGD(clipnorm=-1.0), ("clipnorm", "-1"), ValueError),
    Wrong("SGD clipped twice", lambda k: k.optimizers.SGD(clipnorm=1.0, clipvalue=1.0), ("clipnorm", "clipvalue")),
    Wrong("SGD with an average without memory", lambda k: k.optimizers.SGD(use_ema=True, ema_momentum=2.0), ("ema_momentum", "2")),
    Wrong("Ftrl with a power above 0", lambda k: k.optimizers.Ftrl(learning_rate_power=1.0), ("learning_rate_power", "1")),
    Wrong("Lion with beta_1 of 0", lambda k: k.optimizers.Lion(beta_1=0.0), ("beta_1", "0")),
    Wrong("an optimizer applied to no gradients", lambda k: k.optimizers.SGD().apply_gradients([]), ("gradient",)),
    Wrong("an optimizer applied to a gradient of another shape", lambda k: k.optimizers.Adam().apply_gradients([(k.ops.ones((9, 9)), k.Variable([1.0, 2.0]))]), ("(9, 9)", "(2,)"), ValueError),
    Wrong("an optimizer applied to None gradients", lambda k: k.optimizers.SGD().apply_gradients([(None, k.Variable([1.0]))]), ("gradient",)),
    Wrong("a schedule of mismatched lists", lambda k: k.optimizers.schedules.PiecewiseConstantDecay([1], [0.1]), ("boundaries", "values")),
    Wrong("a loss with an unknown reduction", lambda k: k.losses.MeanSquaredError(reduction="men"), ("men", "mean")),
    Wrong("a metric updated with other shapes", lambda k: k.metrics.MeanSquaredError().update_state(np.ones((2, 3)), np.ones((4, 5))), ("(2, 3)", "(4, 5)"), ValueError),
    Wrong("a loss called on other shapes", lambda k: k.losses.MeanSquaredError()(np.ones((2, 3)), np.ones((4, 5))), ("(2, 3)", "(4, 5)"), ValueError),
    Wrong("an op on shapes that do not fit", lambda k: k.ops.matmul(np.ones((2, 3)), np.ones((4, 5))), ("(2, 3)", "(4, 5)"), ValueError),
    Wrong("an op over an axis that is not there", lambda k: k.ops.concatenate([np.ones((2, 3))] * 2, axis=5), ("5", "(2, 3)"), (ValueError, IndexError)),
    Wrong("ReduceLROnPlateau by a factor that grows", lambda k: k.callbacks.ReduceLROnPlateau(factor=2.0), ("factor", "2")),
    Wrong("ModelCheckpoint at an unknown time", lambda k: k.callbacks.ModelCheckpoint("a.keras", save_freq="often"), ("save_freq", "often")),
    Wrong("a random seed that is text", lambda k: k.utils.set_random_seed("a"), ("'a'",)),
]
# fmt: on
