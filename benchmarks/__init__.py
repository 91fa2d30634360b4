"""The numbers that the console promises, each measured against a reference on the same machine.

`python -m benchmarks [--quick] [NAME ...]` prints them as a table.
"""
