"""Memory that training frees stays for its next step; the judge is the system's count of page faults."""

from __future__ import annotations

import json
import subprocess
import sys

# In a process of its own: what other tests have freed would serve the first tensors.
PROGRAM = """
import json, resource, torch
from pellucid.engine.memory import kept_memory

def faults_of_five_large_tensors():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        torch.ones(16 * 2**20)  # 64 MB, above every limit under which the C library keeps memory by itself
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

without = faults_of_five_large_tensors()
with kept_memory():
    faults_of_five_large_tensors()
    with kept_memory():
        faults_of_five_large_tensors()
    within = faults_of_five_large_tensors()
print(json.dumps([without, within]))
"""


def test_memory_freed_while_training_is_used_again():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    without, within = json.loads(run.stdout)
    assert 10 * within < without
