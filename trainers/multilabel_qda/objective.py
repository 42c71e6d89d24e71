"""The multi-label softmax loss of Ghosh et al., equations (1) and (2)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def with_neutral_label(occurrence: Tensor) -> Tensor:
    """Return (n, C + 1) labels: the last is 1 where no Action Unit is labelled active (section VI).

    Args:
        occurrence: (n, C), 0, 1 or NaN where nobody labelled. A face of which only some AUs are labelled,
            none of them active, is not known to be neutral: NaN.
    """
    active = (occurrence == 1).any(dim=1)
    unknown = occurrence.isnan().any(dim=1) & ~active
    neutral = torch.where(unknown, torch.nan, (~active).to(occurrence.dtype))
    return torch.cat([occurrence, neutral[:, None]], dim=1)


def multilabel_softmax_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return J: minus the log of the softmax's share of each label that is present, added up, mean over rows.

    Args:
        logits: (n, C), f of equation (2).
        labels: (n, C), 1 where a label is present; 0 and NaN count for nothing, as in equation (1).
    """
    present = labels == 1
    shares = functional.log_softmax(logits, dim=1)
    return -torch.where(present, shares, torch.zeros_like(shares)).sum() / max(1, len(logits))
