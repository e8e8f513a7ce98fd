"""Aliases: `keras`, `tf_keras` and `tensorflow.keras` in programs that know nothing of Pellucid, and what Keras 1 and 2 said.

finder.py answers imports, old_names.py and old_arguments.py hold what programs of Keras 1 and 2 say, running.py runs them.
"""

from pellucid.aliases.finder import install, load_ipython_extension
from pellucid.aliases.running import run_module, run_script
