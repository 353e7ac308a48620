"""Measurements that can be re-run: `make bench`. Speed is never asserted by a test."""
