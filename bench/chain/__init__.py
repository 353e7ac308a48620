"""The parts of `bench/explorer.py`: filled databases, coins without keys, and one module for each kind of figure."""
