"""The published networks in the other data format: no transpose is left, and the proof holds."""

import pytest

from pellucid import applications, convert


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["VGG16", "ResNet50", "MobileNetV2", "DenseNet121"])
def test_a_published_network_moves_and_is_proved(name):
    model = getattr(applications, name)(weights=None, input_shape=(64, 64, 3), classes=10)
    new = convert.relayout(model, "channels_first")
    assert len(new.ledger.left) == 0 and new.input_shape == (None, 3, 64, 64)
    proof = convert.prove(model, new, samples=1)
    assert proof.equal and proof.controls and proof.could_tell, str(proof)
    back = convert.relayout(new, "channels_last")
    assert all(a.tobytes() == b.tobytes() for a, b in zip(model.get_weights(), back.get_weights(), strict=True))
