"""Tests keep bytecode, also where the environment asks for none.

Without it every worker rewrites the assertions of all files, and every program that a test starts compiles
the package.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
