"""The leakage audit: does a dataset know what it could not have known? Reads datasets, never changes one."""
