"""The rules of Sattle: pure functions and frozen values, standard library only, the clock always an argument."""
