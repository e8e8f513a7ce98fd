"""Muon: which variables it moves itself, and what it does to a matrix."""

import pytest
import torch

from pellucid.errors import ShapeError
from pellucid.graph.variable import Variable
from pellucid.naming import name_scope
from pellucid.optimizers import Muon


def test_matrices_become_nearly_orthogonal():
    matrix = torch.tensor([[3.0, 1.0, 0.0], [1.0, 2.0, 1.0]], dtype=torch.float64)
    singular = torch.linalg.svdvals(Muon().zeropower_via_newtonschulz5(matrix, 5))
    assert ((singular > 0.6) & (singular < 1.3)).all()
    with pytest.raises(ShapeError, match="Only a matrix"):
        Muon().zeropower_via_newtonschulz5(torch.ones(3), 5)


def test_adam_moves_what_is_no_matrix_of_a_hidden_layer():
    muon = Muon(exclude_layers=["last"])
    variables = [Variable(torch.ones(shape), name=name) for name, shape in (("kernel", (2, 2)), ("bias", (2,)))]
    for scope, name in (("last", "kernel"), ("embedding", "embeddings")):
        with name_scope(scope):
            variables.append(Variable(torch.ones(2, 2), name=name))
    muon.build(variables)
    assert [velocity is None for velocity in muon.adam_velocities] == [True, False, False, False]


def test_steps_are_scaled_by_the_longer_side():
    assert Muon(rms_rate=0.5).lr_adjust(torch.ones(4, 2)).unique().tolist() == [1.0]  # sqrt(4) * 0.5
    assert Muon(rms_rate=None).lr_adjust(torch.ones(4, 2)).unique().tolist() == [1.0]
