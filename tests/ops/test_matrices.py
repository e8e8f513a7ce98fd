"""Products of matrices: the route by the processor, told apart by a processor that is not there; PyTorch is the judge."""

from __future__ import annotations

import pytest
import torch

from pellucid import layers, ops
from pellucid.ops import matrices, pieces, processor

AMD = "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu avx512_bf16 avx512f\n"
INTEL = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu avx512_bf16 avx512f\n"


@pytest.fixture
def by_onednn(monkeypatch):
    """As if on a processor of AMD; tells how often oneDNN has multiplied."""
    monkeypatch.setattr(processor, "_told", lambda: AMD)
    calls = []
    multiply = matrices._by_onednn
    monkeypatch.setattr(matrices, "_by_onednn", lambda x, y: (calls.append(1), multiply(x, y))[1])
    return calls


def gradients(function, *tensors):
    leaves = [x.clone().requires_grad_() for x in tensors]
    y = function(*leaves)
    return [y, *torch.autograd.grad(y.square().sum(), leaves)]


def test_on_amd_products_and_their_gradients_go_to_onednn(by_onednn):
    x, kernel, bias = torch.randn(2, 3, 4), torch.randn(4, 5), torch.randn(5)
    found = gradients(matrices.linear, x, kernel, bias)
    assert len(by_onednn) == 3
    torch.testing.assert_close(found, gradients(lambda x, k, b: x @ k + b, x, kernel, bias))
    torch.testing.assert_close(ops.matmul(x, kernel), x @ kernel)
    torch.testing.assert_close(matrices.product(x[0], kernel), x[0] @ kernel)
    assert len(by_onednn) == 5


def test_on_amd_a_dense_layer_goes_to_onednn_and_gradients_have_gradients(by_onednn):
    dense = layers.Dense(2)
    x = torch.randn(3, 4, requires_grad=True)
    (slope,) = torch.autograd.grad(dense(x).square().sum(), x, create_graph=True)
    assert by_onednn
    (second,) = torch.autograd.grad(slope.sum(), x)
    kernel = dense.kernel.value.detach()
    torch.testing.assert_close(second, (2 * kernel @ kernel.T).sum(0).expand(3, 4))


def test_other_dtypes_and_empty_matrices_stay_with_pytorch(by_onednn):
    matrices.linear(torch.ones(2, 3, dtype=torch.float64), torch.ones(3, 2, dtype=torch.float64), None)
    assert matrices.linear(torch.ones(0, 3), torch.ones(3, 2), None).shape == (0, 2)
    assert not by_onednn


def test_elsewhere_nothing_goes_to_onednn(monkeypatch):
    monkeypatch.setattr(processor, "_told", lambda: INTEL)
    monkeypatch.setattr(matrices, "_by_onednn", None)
    assert matrices.linear(torch.ones(2, 3), torch.ones(3, 2), None).tolist() == [[3, 3], [3, 3]]
    assert torch.equal(
        pieces.Product().forward([torch.ones(2, 3)], [torch.ones(3, 2)], False)[0], torch.full((2, 2), 3.0)
    )


@pytest.mark.parametrize(
    ("told", "onednn", "slower"),
    [(AMD, True, False), (INTEL, False, True), (INTEL.replace("fpu", "amx_bf16"), False, False), ("", False, False)],
)
def test_a_processor_is_known_by_its_maker_and_its_flags(monkeypatch, told, onednn, slower):
    monkeypatch.setattr(processor, "_told", lambda: told)
    assert (processor.is_onednn_quicker(), processor.is_bfloat16_slower()) == (onednn, slower)
