"""Operations in configs as Keras has them: what is no tensor stands in the operation's config, the rest in its call.

Above: graph_config.py. Our own graphs keep all arguments with the call.
"""

from __future__ import annotations

import inspect

from pellucid import nest
from pellucid.graph.symbol import KerasTensor

# Arguments that Keras gives to an operation's `__init__`; over all its operations a name is nearly always of one kind.
_KEPT = frozenset(
    """
    N alpha approximate assume_unique atol attn_logits_soft_cap axes axis axis1 axis2 axisa axisb axisc b base beam_width
    bins block_size body body_fun center compute_uv cond data_format decimals default_value destination dilation
    dilation_rate dtype dx endpoint epsilon equal_nan fft_length fill_value flash_attention from_logits full_matrices
    function has_aux increasing indexing indices_or_sections initial invert is_causal k keepdims kernel_size kth length
    lower mask_index max_val maximum_iterations merge_repeated method minlength mode n nan negative_slope neginf newshape
    num num_classes num_segments offset ord order output_padding output_size pad_width padding pool_size posinf range
    rcond reduction repeats retstep return_counts return_index return_inverse reverse rms_scaling rtol sequence_length
    sequence_stride shape shift side size sorted source sparse strategy stride strides subscripts synchronized threshold
    tol top_paths unroll upper weights window x_max x_min
    """.split()
)
_GIVEN_TO_CALL = {
    ("Isclose", "rtol"), ("Isclose", "atol"), ("Digitize", "bins"), ("Average", "weights"), ("BatchNorm", "offset"),
    ("FullLike", "fill_value"), ("Solve", "b"), ("SolveTriangular", "b"), ("Lstsq", "b"),
}  # fmt: skip
_ALSO_KEPT = {("Trapezoid", "x")}


def split(operation, arguments) -> tuple[dict, list, dict]:
    """What an operation keeps, and the arguments and keywords of its call.

    Args:
        operation: made by the decorator `operation`.
        arguments: with `args` and `kwargs`, as a node of the graph has them.
    """
    kind = type(operation).__name__
    named = {**operation.arguments, **arguments.kwargs}
    bound = inspect.signature(type(operation).function).bind(*arguments.args, **named)
    parameters = bound.signature.parameters
    kept, args, kwargs = {}, [], {}
    for word, value in bound.arguments.items():
        if parameters[word].kind is inspect.Parameter.VAR_POSITIONAL:
            args += value
        elif parameters[word].kind is inspect.Parameter.VAR_KEYWORD:
            kwargs.update(value)
        elif _is_kept(kind, word) and not any(isinstance(x, KerasTensor) for x in nest.flatten(value)):
            kept[word] = value
        elif kept or kwargs:
            kwargs[word] = value  # by name, as places before it may be gone
        else:
            args.append(value)
    return kept, args, kwargs


def _is_kept(kind: str, word: str) -> bool:
    return (word in _KEPT and (kind, word) not in _GIVEN_TO_CALL) or (kind, word) in _ALSO_KEPT
