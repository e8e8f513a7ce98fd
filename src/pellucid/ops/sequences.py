"""Sequences without alignment (CTC): what a labelling costs, and the labelling that fits best.

Above:  losses/ctc.py; ops/nn.py is the public door.
Source: Graves et al. 2006, "Connectionist Temporal Classification"; prefix beam search as in arXiv:1408.2873.
Kept true: no step depends on values in Python, so a batch is decoded as a whole, on any device.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import floating, tensor

NOTHING = -1  # fills a path behind its last label


@operation
def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """``-log`` of the probability that a row of `output`, blanks and repetitions taken out, reads as `target`.

    Shapes:
        target                        (batch, labels) whole numbers
        output                        (batch, steps, classes) logits
        target_length, output_length  (batch,) how much of each row counts
        result                        (batch,)

    Args:
        mask_index: the class that stands for a blank.

    Raises:
        ShapeError: different numbers of rows.
    """
    target, target_length, output_length = (tensor(x) for x in (target, target_length, output_length))
    output = _full(output)
    rows = {x.shape[0] for x in (target, output, target_length, output_length)}
    if len(rows) > 1:
        raise ShapeError(
            "Targets, outputs and their lengths come in the same number of rows.",
            got=[tuple(x.shape) for x in (target, output, target_length, output_length)],
        )
    if output.is_meta:  # PyTorch's kernel does not tell shapes
        return output.new_empty(output.shape[0])
    logs = F.log_softmax(output.transpose(0, 1), dim=-1)
    return F.ctc_loss(logs, target, output_length, target_length, blank=mask_index, reduction="none")


@operation
def ctc_decode(
    inputs, sequence_lengths, strategy="greedy", beam_width=100, top_paths=1, merge_repeated=True, mask_index=0
):
    """The likeliest labellings of each row.

    Shapes:
        inputs            (batch, steps, classes) logits
        sequence_lengths  (batch,)
        labels            (paths, batch, steps) int32, -1 behind the last label; one path with "greedy"
        scores            (batch, paths): the sum of the best logits with its sign turned ("greedy"),
                          or the log of the probability ("beam_search")

    Args:
        strategy: "greedy" takes the best class of each step, "beam_search" adds up all alignments of a labelling.
        beam_width: labellings kept from step to step.
        merge_repeated: whether "greedy" reads a repeated class as one label; "beam_search" always does.
        mask_index: the class that stands for a blank; None is the last one.

    Raises:
        ArgumentError: another strategy.
    """
    inputs, lengths = _full(inputs), tensor(sequence_lengths, "int32")
    mask_index = inputs.shape[-1] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _best_of_each_step(inputs, lengths, merge_repeated, mask_index)
    if strategy == "beam_search":
        return _beam_search(inputs, lengths, beam_width, top_paths, mask_index)
    raise ArgumentError(
        "Unknown `strategy`.", got=repr(strategy), expected="'greedy' or 'beam_search'", fix='strategy="greedy"'
    )


def _full(x) -> torch.Tensor:
    x = floating(x)
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _best_of_each_step(inputs, lengths, merge_repeated, mask_index):
    steps = torch.arange(inputs.shape[1], device=inputs.device)
    over = steps >= lengths[:, None]
    scores, labels = inputs.max(dim=-1)
    labels = labels.to(torch.int32).masked_fill(over, mask_index)
    nothing = labels == mask_index
    if merge_repeated:
        repeated = labels[:, 1:] == labels[:, :-1]
        nothing = nothing | F.pad(repeated, (1, 0))
    labels = labels.masked_fill(nothing, NOTHING)
    # Sorted by whether there is a label, and else left in order: labels first.
    order = torch.argsort(nothing.to(torch.int8), dim=-1, stable=True)
    return labels.gather(-1, order)[None], -scores.masked_fill(over, 0.0).sum(1, keepdim=True)


def _beam_search(inputs, lengths, width, top_paths, blank):
    """Keep the `width` best labellings of each row, step by step.

    A labelling has two scores: of the alignments that end in a blank, and of those that end in its last label.
    """
    logs = torch.log_softmax(inputs, dim=-1)
    batch, steps, _ = logs.shape
    paths = torch.full((batch, width, steps), NOTHING, dtype=torch.int32, device=logs.device)
    size = torch.zeros((batch, width), dtype=torch.int64, device=logs.device)
    ending_blank = torch.full((batch, width), -math.inf, dtype=logs.dtype, device=logs.device)
    ending_blank[:, 0] = 0.0  # at first only the empty labelling
    state = (paths, size, ending_blank, torch.full_like(ending_blank, -math.inf))
    for step in range(steps):
        goes_on = step < lengths
        after = _step(*state, logs[:, step], blank)
        state = tuple(
            torch.where(goes_on.view(-1, *(1,) * (old.ndim - 1)), new, old)
            for new, old in zip(after, state, strict=True)
        )
    paths, _, ending_blank, ending_label = state
    scores, best = torch.logaddexp(ending_blank, ending_label).sort(dim=1, descending=True, stable=True)
    best = best[:, :top_paths]
    paths = paths.gather(1, best[:, :, None].expand(-1, -1, steps))
    return paths.transpose(0, 1), scores[:, :top_paths]


def _step(paths, size, ending_blank, ending_label, logs, blank):
    """All labellings that one more step can make of these, and the best of them."""
    batch, width = size.shape
    classes = logs.shape[-1]
    total = torch.logaddexp(ending_blank, ending_label)
    last = _last(paths, size)
    labels = torch.arange(classes, device=logs.device)
    again = labels == last[:, :, None]
    # A repeated label is a new one only behind a blank.
    grown = torch.where(again, ending_blank[:, :, None], total[:, :, None]) + logs[:, None, :]
    grown = grown.masked_fill(labels == blank, -math.inf)
    stay_blank = total + logs[:, blank, None]
    stay_label = ending_label + logs.gather(1, last.clamp_min(0).long())
    grown, arriving = _merge(paths, size, last, total > -math.inf, grown)
    stay_label = torch.logaddexp(stay_label, arriving)

    stay = torch.logaddexp(stay_blank, stay_label)
    scores = torch.cat([stay, grown.reshape(batch, -1)], dim=1)
    best = scores.sort(dim=1, descending=True, stable=True).indices[:, :width]
    grows = best >= width
    parent = torch.where(grows, (best - width) // classes, best)
    label = ((best - width) % classes).to(torch.int32)
    paths = paths.gather(1, parent[:, :, None].expand(-1, -1, paths.shape[2]))
    size = size.gather(1, parent)
    here = torch.arange(paths.shape[2], device=paths.device) == size[:, :, None]
    paths = torch.where(here & grows[:, :, None], label[:, :, None], paths)
    ending_blank = stay_blank.gather(1, parent).masked_fill(grows, -math.inf)
    ending_label = torch.where(grows, scores.gather(1, best), stay_label.gather(1, parent))
    return paths, size + grows, ending_blank, ending_label


def _last(paths, size):
    """The last label of each labelling; NOTHING for the empty one."""
    last = paths.gather(2, (size - 1).clamp_min(0)[:, :, None])[:, :, 0]
    return last.masked_fill(size == 0, NOTHING)


def _merge(paths, size, last, alive, grown):
    """Where one labelling grows into another that is there already, its score goes over to that one.

    Returns:
        `grown` without those, and what arrives at each labelling.
    """
    steps = torch.arange(paths.shape[2], device=paths.device)
    without_last = paths.masked_fill(steps == size[:, :, None] - 1, NOTHING)
    # A labelling's parent differs from it in nothing but the last label: found by comparing all with all.
    is_parent = (paths[:, :, None, :] == without_last[:, None, :, :]).all(-1) & (alive & (size > 0))[:, None, :]
    label = last.clamp_min(0).long()
    from_each = grown.gather(2, label[:, None, :].expand(-1, grown.shape[1], -1))
    arriving = from_each.masked_fill(~is_parent, -math.inf).logsumexp(1)
    gone = torch.zeros_like(grown).scatter_add_(2, label[:, None, :].expand_as(from_each), is_parent.to(grown.dtype))
    return grown.masked_fill(gone > 0, -math.inf), arriving
