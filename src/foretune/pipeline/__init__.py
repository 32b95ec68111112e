"""Data pipelines in YAML: typed spec, fetch, facts, panel, dataset folder."""
