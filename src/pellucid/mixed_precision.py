"""Door: ``pellucid.mixed_precision``, dtype policies under the names they had in Keras 2."""

from pellucid.dtype_policies import DTypePolicy
from pellucid.dtype_policies import DTypePolicy as Policy
from pellucid.dtype_policies.lookup import set_dtype_policy
from pellucid.dtype_policies.lookup import set_dtype_policy as set_global_policy
from pellucid.dtype_policies.policy import dtype_policy
from pellucid.dtype_policies.policy import dtype_policy as global_policy
from pellucid.optimizers import LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
