"""The tests of `verify` share tables of what a hostile repository may contain."""

import sys
from pathlib import Path

# scripts/torture uses the tables too.
sys.path.insert(0, str(Path(__file__).parent))
